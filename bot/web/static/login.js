// Logs in with a token, and shows the panel in this page's place.
const chosen = localStorage.getItem("language"); // in the panel
const chinese = chosen ? chosen === "zh" : navigator.language.startsWith("zh");
if (chinese) {
  document.documentElement.lang = "zh-Hans";
  for (const element of document.querySelectorAll("[data-zh]")) element.textContent = element.dataset.zh;
}

async function inWords(sentence) {
  return chinese ? (await import("/static/panel/sentences.js")).inChinese(sentence) : sentence;
}

const fault = document.getElementById("fault");
document.getElementById("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  fault.textContent = "";
  try {
    const answer = await fetch("/api/login", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Chat-Aloud": "1" },
      body: JSON.stringify({ token: document.getElementById("token").value }),
    });
    if (answer.ok) location.reload();
    else fault.textContent = await inWords((await answer.json()).error.message);
  } catch {
    fault.textContent = chinese ? "机器人没有响应。" : "The bot does not answer.";
  }
});
