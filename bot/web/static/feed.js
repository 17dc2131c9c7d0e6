// Follows /api/events: the snapshot, then every event in order; it connects again by itself.

const LONGEST = 10000;

export function follow(view, { token = "", onEvent, onState = () => {} }) {
  let wait = 500;
  let socket;
  let timer;
  let ended = false;

  function connect() {
    const address = new URL("/api/events", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    address.searchParams.set("view", view);
    if (token) address.searchParams.set("token", token);
    socket = new WebSocket(address);
    let next = null;
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(data);
      if (next !== null && frame.seq !== next) return socket.close();
      next = frame.seq + 1;
      wait = 500;
      for (const event of frame.events) onEvent(event);
      if (frame.events[0]?.type === "snapshot") onState("open");
    };
    socket.onclose = ({ code }) => {
      if (ended) return;
      onState(code === 4401 ? "login" : "closed");
      timer = setTimeout(connect, wait * (0.75 + Math.random() / 2));
      wait = Math.min(LONGEST, wait * 2);
    };
  }

  connect();
  return () => {
    ended = true;
    clearTimeout(timer);
    socket.close();
  };
}
