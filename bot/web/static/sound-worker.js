// Keeps the socket of the bot's sound, knows what the bot's clock says in this page's audio time, and aims each frame.

const HEADER = 32;
const KEPT = 16; // clock readings
const LEAP = 0.1; // seconds that no clock gains between two readings, unless one of them stood still
const LATE = 0.05; // seconds more than the buffer that no frame waits, whatever the clocks say

let player; // the worklet's port
let query = "";
let socket;
let wait = 500; // milliseconds before the next try
let jitter = 0.06;
let extra = 0; // seconds added after underruns, and taken back utterance by utterance
let wants = false;
let underruns = 0;
let timers = [];
let server = []; // readings of the bot's clock: {trip, offset} with bot seconds = page seconds + offset
let audio = []; // the same of the audio context's clock

const now = () => performance.now() / 1000;
const shortest = (readings) => readings.reduce((best, one) => (one.trip < best.trip ? one : best));

function note(readings, sent, theirs) {
  const trip = now() - sent;
  const offset = theirs - sent - trip / 2;
  // What was read before a clock stood still (no click yet, a machine asleep) tells nothing of it now.
  if (readings.some((one) => Math.abs(one.offset - offset) > LEAP + one.trip + trip)) readings.length = 0;
  readings.push({ trip, offset });
  if (readings.length > KEPT) readings.shift();
}

// Sound is computed in bursts, between which its clock stands: the furthest reading is what a frame must be ahead of.
function furthest(readings) {
  const most = shortest(readings).trip + 0.005;
  return Math.max(...readings.filter((one) => one.trip <= most).map((one) => one.offset));
}

self.onmessage = ({ data }) => {
  switch (data.type) {
    case "start":
      player = data.player;
      query = data.query;
      player.onmessage = fromPlayer;
      for (let i = 0; i < 5; i++) setTimeout(askPlayer, 23 * i); // at different moments of a burst
      setInterval(askPlayer, 2000);
      connect();
      break;
    case "want":
      wants = data.want;
      say({ type: "audible", want: wants, take: data.take === true });
      break;
  }
};

function fromPlayer({ data }) {
  if (data.type === "time") note(audio, data.sent, data.time);
  if (data.type === "underrun") {
    underruns += 1;
    extra = Math.min(0.3, extra + 0.02);
    postMessage({ type: "underrun" });
  }
}

function askPlayer() {
  player.postMessage({ type: "time", sent: now() });
}

function connect() {
  const address = new URL("/api/audio" + query, self.location.href);
  address.protocol = address.protocol.replace("http", "ws");
  socket = new WebSocket(address);
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({ data }) => (typeof data === "string" ? told(JSON.parse(data)) : frame(data));
  socket.onclose = () => {
    timers.forEach(clearInterval);
    timers = [];
    server = [];
    player.postMessage({ type: "audible", audible: false });
    postMessage({ type: "closed" });
    // Where the bot's sound goes elsewhere the page hears of it, and ends this worker.
    setTimeout(connect, wait * (0.75 + Math.random() / 2));
    wait = Math.min(10000, wait * 2);
  };
}

function told(message) {
  switch (message.type) {
    case "stream":
      wait = 500;
      jitter = message.jitter;
      player.postMessage({ type: "forget" });
      for (let i = 0; i < 5; i++) timers.push(setTimeout(askServer, 40 * i));
      timers.push(setInterval(askServer, 10000), setInterval(report, 5000));
      if (wants) say({ type: "audible", want: true });
      postMessage({ type: "open", page: message.page });
      break;
    case "clock":
      note(server, message.sent, message.at);
      break;
    case "audible":
      player.postMessage({ type: "audible", audible: message.audible });
      postMessage({ type: "audible", audible: message.audible });
      break;
  }
}

function askServer() {
  say({ type: "clock", sent: now() });
}

function report() {
  if (underruns) say({ type: "report", underruns });
  underruns = 0;
}

function say(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

function frame(data) {
  const view = new DataView(data);
  if (view.byteLength < HEADER || view.getUint8(0) !== 0xca || !audio.length) return;
  const pcm = new Int16Array(data, HEADER);
  const samples = Float32Array.from(pcm, (value) => value / 32767);
  const at = view.getFloat64(24, true);
  const first = (view.getUint8(3) & 1) === 1;
  if (first) extra = Math.max(0, extra - 0.002);
  // Before the bot's clock is known a frame is heard as soon as may be.
  const here = server.length ? at - shortest(server).offset : now();
  player.postMessage(
    {
      type: "frame",
      first,
      position: Number(view.getBigUint64(16, true)),
      time: here + furthest(audio) + jitter + extra,
      most: jitter + extra + LATE,
      samples,
    },
    [samples.buffer],
  );
}
