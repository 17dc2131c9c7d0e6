// The bot's sound in this page: a worker reads it, an AudioWorklet plays it; this page's own thread may be busy.

export class Sound extends EventTarget {
  // Events: "change" (state, audible), "underrun". state: "off", "waiting" (for a click), "on".
  state = "off";
  audible = false;
  page = "";

  // Starting and stopping take turns: the last word counts.
  #turn = Promise.resolve();

  start({ want = true } = {}) {
    return this.#next(() => this.#start(want));
  }

  stop() {
    return this.#next(() => this.#stop());
  }

  #next(act) {
    this.#turn = this.#turn.then(act, act);
    return this.#turn;
  }

  async #start(want) {
    if (this.context) return;
    this.context = new AudioContext({ sampleRate: 48000, latencyHint: "interactive" });
    await this.context.audioWorklet.addModule("/static/sound-worklet.js");
    this.node = new AudioWorkletNode(this.context, "speech", { numberOfInputs: 0, outputChannelCount: [2] });
    this.node.connect(this.context.destination);
    this.worker = new Worker("/static/sound-worker.js");
    const { port1, port2 } = new MessageChannel();
    this.node.port.postMessage({ worker: port1 }, [port1]);
    this.worker.onmessage = ({ data }) => this.#told(data);
    this.worker.postMessage({ type: "start", player: port2, query: tokenOnly() }, [port2]);
    this.context.onstatechange = () => this.#settle(want);
    this.#settle(want);
  }

  async #stop() {
    this.worker?.terminate();
    await this.context?.close();
    this.context = this.worker = this.node = undefined;
    this.state = "off";
    this.audible = false;
    this.#changed();
  }

  // To be called from a click, where the browser lets no page sound before one.
  async resume() {
    await this.context?.resume();
  }

  want(want, { take = false } = {}) {
    this.worker?.postMessage({ type: "want", want, take });
  }

  #settle(want) {
    if (!this.context) return;
    this.state = this.context.state === "running" ? "on" : "waiting";
    if (this.state === "on") this.want(want);
    this.#changed();
  }

  #told(data) {
    if (data.type === "open") this.page = data.page;
    if (data.type === "audible") this.audible = data.audible;
    if (data.type === "closed") this.audible = false;
    if (data.type === "underrun") this.dispatchEvent(new Event("underrun"));
    else this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

// The overlay's link carries its token; sockets need it too.
export function tokenOnly() {
  const token = new URLSearchParams(location.search).get("token");
  return token ? `?token=${encodeURIComponent(token)}` : "";
}
