// Plays frames of speech at the audio frames they are aimed at. Frames come from the worker, past the page's thread.

const MARGIN = 0.01; // seconds that a late frame is put off, so that those behind it are not late as well
const MOST = 500; // frames (10 s) that may wait, should the context stand still
const RAMP = 0.01; // seconds from silent to audible

class Speech extends AudioWorkletProcessor {
  constructor() {
    super();
    this.frames = []; // {at, samples}, in order, `at` in frames of this context
    this.origin = null; // where position 0 of the stream lies, in the same
    this.gain = 0;
    this.audible = false;
    this.underruns = 0;
    this.tap = null; // {samples, filled, start} while somebody wants to see what is played, before the gain
    this.port.onmessage = ({ data }) => {
      if (data.worker) this.serve(data.worker);
      if (data.tap !== undefined) this.tap = data.tap ? this.newTap() : null;
    };
  }

  serve(worker) {
    this.worker = worker;
    worker.onmessage = ({ data }) => {
      switch (data.type) {
        case "frame": this.take(data); break;
        case "audible": this.audible = data.audible; break;
        case "time": worker.postMessage({ type: "time", sent: data.sent, time: currentTime }); break;
        case "forget": this.frames = []; this.origin = null; break;
      }
    };
  }

  take({ first, position, time, most, samples }) {
    if (first || this.origin === null) {
      const last = this.frames.at(-1);
      const free = last ? last.at + last.samples.length : currentFrame;
      const aim = Math.round(Math.min(time, currentTime + most) * sampleRate);
      this.origin = Math.max(aim, currentFrame, free) - position;
    } else if (this.origin + position < currentFrame) {
      this.underruns += 1;
      this.worker.postMessage({ type: "underrun" });
      this.origin = currentFrame + Math.round(MARGIN * sampleRate) - position;
    }
    this.frames.push({ at: this.origin + position, samples });
    if (this.frames.length > MOST) this.frames.shift();
  }

  process(_inputs, [[out, ...others]]) {
    const end = currentFrame + out.length;
    while (this.frames.length && this.frames[0].at < end) {
      const { at, samples } = this.frames[0];
      const from = Math.max(0, currentFrame - at); // of the frame
      const to = Math.min(samples.length, end - at);
      for (let i = from; i < to; i++) out[at + i - currentFrame] = samples[i];
      if (at + samples.length > end) break;
      this.frames.shift();
    }
    if (this.tap) this.record(out);
    const step = (this.audible ? 1 : -1) / (RAMP * sampleRate);
    for (let i = 0; i < out.length; i++) {
      this.gain = Math.min(1, Math.max(0, this.gain + step));
      out[i] *= this.gain;
    }
    for (const other of others) other.set(out);
    return true;
  }

  newTap() {
    return { samples: new Float32Array(4096), filled: 0, start: 0 };
  }

  record(out) {
    const tap = this.tap;
    if (!tap.filled) tap.start = currentFrame;
    tap.samples.set(out, tap.filled);
    tap.filled += out.length;
    if (tap.filled >= tap.samples.length) {
      const { underruns, gain, origin } = this;
      this.port.postMessage({ start: tap.start, samples: tap.samples, underruns, gain, origin }, [tap.samples.buffer]);
      this.tap = this.newTap();
    }
  }
}

registerProcessor("speech", Speech);
