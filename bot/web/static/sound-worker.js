// Keeps the socket of the bot's sound, knows what the bot's clock says in this page's audio time, and aims each frame.

const HEADER = 32;
const KEPT = 16; // clock readings; the one with the shortest way counts

let player; // the worklet's port
let query = "";
let socket;
let wait = 500; // milliseconds before the next try
let jitter = 0.07;
let extra = 0; // seconds added after underruns, and taken back utterance by utterance
let wants = false;
let underruns = 0;
let timers = [];
let server = []; // readings of the bot's clock: {trip, offset} with bot seconds = page seconds + offset
let audio = []; // the same of the audio context's clock

const now = () => performance.now() / 1000;
const offset = (readings) => readings.reduce((best, one) => (one.trip < best.trip ? one : best)).offset;

function note(readings, sent, theirs) {
  const trip = now() - sent;
  readings.push({ trip, offset: theirs - sent - trip / 2 });
  if (readings.length > KEPT) readings.shift();
}

self.onmessage = ({ data }) => {
  switch (data.type) {
    case "start":
      player = data.player;
      query = data.query;
      player.onmessage = fromPlayer;
      askPlayer();
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
  const here = server.length ? at - offset(server) : now();
  player.postMessage(
    {
      type: "frame",
      first,
      position: Number(view.getBigUint64(16, true)),
      time: here + offset(audio) + jitter + extra,
      samples,
    },
    [samples.buffer],
  );
}
