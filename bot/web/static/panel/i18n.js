// The panel's words in English and Chinese.

const WORDS = {
  skip_link: ["Skip to the content", "跳到内容"],
  states: ["What runs", "运行状态"], sources: ["{count} chats", "{count} 个直播间"], not_ready: ["{count} not ready", "{count} 个未就绪"],
  transport: ["Controls", "控制"],
  sections: ["Sections", "栏目"],
  now: ["Live", "现场"], history: ["History", "记录"], voices: ["Voices", "声音"], words: ["Words", "用词"],
  settings: ["Settings", "设置"], numbers: ["Numbers", "数据"], log: ["Log", "日志"],
  failed: ["That did not work.", "没有成功。"],
  offline: ["The bot does not answer.", "机器人没有回应。"],
  reconnecting: ["Connection lost, trying again…", "连接断开，正在重连…"],
  engine: ["Engine", "引擎"], output: ["Sound", "声音输出"],
  state_starting: ["starting", "启动中"], state_ready: ["ready", "就绪"], state_waiting: ["waiting", "等待中"], state_failed: ["failed", "失败"],
  pause: ["Pause", "暂停"], resume: ["Resume", "继续"], skip: ["Skip", "跳过"], clear: ["Clear", "清空"],
  reading_on: ["Reading chat", "正在朗读"], reading_off: ["Not reading", "不朗读"],
  volume: ["Volume", "音量"], speed: ["Speed", "语速"], voice: ["Voice", "声音"],
  speaking_now: ["Speaking now", "正在说"], nothing_spoken: ["Nothing is being said.", "现在没有在说话。"],
  said_last: ["Said last: ", "刚才说的："], paused_now: ["Paused: what comes in waits until you resume.", "已暂停：新消息会等到继续后再读。"], not_reading_now: ["Chat is not read.", "当前不朗读聊天。"],
  moved: ["Moved: {place} of {count}.", "已移动：第 {place} 条，共 {count} 条。"], by_rank: ["Paid messages come first, then moderators, subscribers, viewers: order changes within each.", "付费消息最先，其次是房管、订阅者、观众：只能在同级内调整顺序。"], show_all: ["{count} more", "还有 {count} 条"],
  waiting_list: ["Waiting", "等待朗读"], nothing_waits: ["Nothing waits. What chat says appears here before it is spoken.", "没有等待的消息。聊天内容会先出现在这里。"],
  seconds_of_speech: ["{seconds} s of speech", "约 {seconds} 秒"], messages: ["{count} waiting", "{count} 条等待"],
  say_something: ["Say something now", "马上说点什么"], say: ["Say it", "说"], say_next: ["before all others", "插到最前"],
  said: ["It will be said.", "会说的。"], remove: ["Remove", "移除"], removed: ["Removed.", "已移除。"],
  move_up: ["Earlier", "提前"], move_down: ["Later", "推后"], drag: ["Drag to move", "拖动排序"],
  cleared: ["{count} removed.", "已移除 {count} 条。"], skipped: ["Skipped.", "已跳过。"], nothing_to_skip: ["Nothing to skip.", "没有可跳过的。"],
  clear_sure: ["Remove all that waits?", "移除所有等待的消息？"],
  chat: ["Chat", "聊天"], nothing_heard: ["Nothing has come in yet.", "还没有收到消息。"],
  all: ["All", "全部"], spoken: ["Spoken", "已读"], refused: ["Not read", "未读"], dropped: ["Dropped", "丢弃"], speaking: ["speaking", "朗读中"],
  search: ["Search", "搜索"], replay: ["Say again", "重读"], say_anyway: ["Say it anyway", "照读"], mute: ["Mute viewer", "静音该观众"],
  block_viewer: ["Block viewer", "屏蔽该观众"], muted: ["{name} is not read any more.", "不再朗读 {name}。"],
  blocked: ["{name} is blocked.", "已屏蔽 {name}。"], undo: ["Undo", "撤销"], undone: ["Undone.", "已撤销。"], no_history: ["Nothing here yet.", "还没有记录。"], more: ["More", "更多"],
  after: ["after {seconds} s", "{seconds} 秒后"],
  try_voice: ["Listen", "试听"], default_voice: ["default", "默认"], usual_voice: ["Default voice", "默认声音"], make_default: ["Use as default", "设为默认"], remove_voice: ["Remove voice", "移除声音"],
  voice_removed: ["{name} is removed.", "{name} 已移除。"], restore: ["Bring back", "恢复"],
  add_voice: ["Add a voice", "添加声音"], drop_file: ["Drop a recording of 3 to 8 seconds here, or choose a file", "把 3 到 8 秒的录音拖到这里，或选择文件"],
  voice_name: ["Name", "名字"], voice_name_hint: ["a to z, 0 to 9, - and _; viewers type it after !voice", "小写字母、数字、- 和 _；观众在 !声音 后输入"],
  transcript: ["What is said in it, word for word", "录音里说的原话"], language: ["Language", "语言"],
  check: ["Check", "检查"], add: ["Add", "添加"], checks: ["What was found", "检查结果"], voice_added: ["{name} can be used now.", "{name} 可以用了。"],
  voice_kept: ["{name} is kept, and speaks once the F5 engine runs.", "{name} 已保存，F5 引擎运行后即可使用。"], voice_exists: ["There is a voice {name} already: choose another name, or remove that one first.", "已有名为 {name} 的声音：请换个名字，或先移除它。"],
  absent_voices: ["{count} whose engine does not run", "{count} 个声音的引擎未运行"], absent_hint: ["Until it runs, another voice speaks in the place of each.", "引擎运行之前，由其他声音代替。"],
  checking: ["Listening to it…", "正在检查…"], uploading: ["Sending {percent} %", "正在上传 {percent}%"], needs_f5: ["Recordings become voices with the F5 engine.", "克隆声音需要 F5 引擎。"],
  preview: ["Try a line", "试一句"], preview_hint: ["Type what somebody might write: see what would be said.", "输入观众可能会写的话，看看会读成什么。"],
  would_say: ["Would be said", "会读作"], not_read_because: ["Not read", "不读"], hear_it: ["Hear it", "听一下"],
  blocklist: ["Words that are never said", "不读的词"], block_word: ["Word, word* or /pattern/; +word allows it", "词、词* 或 /模式/；+词 表示放行"], nothing_blocked: ["No word is blocked.", "没有屏蔽的词。"],
  fixed_entry: ["stands in config.toml", "在 config.toml 里"], readings: ["Readings", "读法"], word: ["Word", "词"], reading: ["Is read", "读作"], no_readings: ["Nobody has taught a reading yet.", "还没有教过读法。"],
  everybody: ["everybody", "所有人"], by: ["by {name}", "{name} 教的"],
  settings_hint: ["Changes are written to {file}, with its comments kept.", "修改会写入 {file}，注释保留。"], save: ["Save", "保存"], saved: ["Saved.", "已保存。"], saved_restart: ["Saved. After a restart: {keys}", "已保存。重启后生效：{keys}"],
  undo_settings: ["Undo the last change", "撤销上次修改"], from_environment: ["set in the environment", "由环境变量设定"], from_flag: ["set on the command line", "由命令行设定"], needs_restart: ["after a restart", "重启后生效"],
  secret_set: ["is set", "已设置"], secret_unset: ["not set", "未设置"], to_default: ["Back to the default", "恢复默认"], discard: ["Discard", "放弃修改"], find_setting: ["Find a setting", "查找设置"], changes: ["{count} changed", "已改 {count} 项"],
  chat_to_sound: ["Chat to sound", "从消息到出声"], first_sound: ["Engine's first sound", "引擎首响"], rtf: ["Real-time factor", "实时率"], backlog: ["Backlog", "积压"], refusals: ["Not read, by reason", "未读原因"], throughput: ["Messages", "消息"],
  heard: ["heard", "收到"], spoken_of: ["spoken, of {count} that came in", "已读，共收到 {count} 条"], no_numbers: ["Numbers appear after the first message.", "收到第一条消息后会有数据。"], at_most: ["at most {value}", "最高 {value}"], p50: ["half of them within", "一半以内"], p95: ["95 of 100 within", "95% 以内"],
  listen_here: ["Hear it here", "在此收听"], stop_listening: ["Stop listening here", "停止收听"], overlay_link: ["Overlay for OBS", "OBS 叠加层"], copy: ["Copy link", "复制链接"], copied: ["Copied. Paste it as the URL of a Browser Source.", "已复制，粘贴到 OBS 浏览器源的网址。"], open: ["Open", "打开"],
  device: ["Device", "设备"], default_device: ["system default", "系统默认"],
  paid: ["paid", "付费"], keys_hint: ["Keys: Space pauses, S skips, N says something, 1 to {last} choose a section.", "快捷键：空格暂停，S 跳过，N 说话，1 到 {last} 切换栏目。"],
  viewers: ["Viewers", "观众"], viewers_hint: ["A muted viewer is read only when they pay. A blocked one never is: what they pay for is held on the Live page.", "被静音的观众只读付费消息；被屏蔽的观众一律不读，其付费内容保留在“现场”。"], nobody: ["Nobody has written yet.", "还没有人发言。"],
  nickname: ["Nickname", "昵称"], own_voice: ["their own voice", "默认分配的声音"], is_muted: ["muted", "静音"], is_blocked: ["blocked", "屏蔽"],
  sound_goes_to: ["Sound goes to", "声音输出到"], output_device: ["device", "声卡"], output_browser: ["overlay page", "叠加层页面"], output_null: ["nowhere", "不输出"], output_wav: ["file", "文件"],
  output_device_hint: ["A sound device or a virtual cable.", "声卡或虚拟声卡。"], output_browser_hint: ["The overlay plays it: tick “Control audio via OBS” in its Browser Source.", "由叠加层播放：在 OBS 浏览器源里勾选“通过 OBS 控制音频”。"], output_null_hint: ["Nobody hears anything.", "不会有声音。"], output_wav_hint: ["Written into a file.", "写入文件。"],
  heard_in: ["Heard in", "在哪里播放"], in_overlay: ["the overlay", "叠加层"], in_this_page: ["this page", "本页面"], heard_nowhere: ["No page plays it yet: open the overlay.", "还没有页面在播放：请打开叠加层。"],
  this_run: ["For this run of the bot; the settings keep it for good.", "仅本次运行有效；永久修改请到“设置”。"], close: ["Close", "关闭"],
  pauses_after: ["Pauses after this message.", "读完这条后暂停。"], silent_now: ["Silent now", "立刻静音"], cancel: ["Cancel", "取消"], paid_too: ["what was paid for, too", "付费消息也移除"],
  held: ["Held", "已保留"], held_title: ["Paid for, and held", "已保留的付费消息"], held_hint: ["By blocked viewers, or what could not be read. It is not lost: say it, or let it go. Unblocking its writer has it read.", "来自被屏蔽的观众，或无法读取。不会丢失：可以照读或放弃。取消屏蔽后会朗读。"],
  held_more: ["If there are older ones, they are kept, and shown once these are decided and the bot is started anew.", "如有更早的，也已保存：处理完这些并重新启动机器人后会显示。"],
  let_go: ["Let it go", "放弃"], let_go_sure: ["Give this up for good?", "确定永久放弃这条消息？"],
  copy_by_hand: ["This browser lets no page copy here. Press Ctrl+C (⌘C on a Mac):", "浏览器不允许此页面复制，请按 Ctrl+C（Mac 上按 ⌘C）："],
  insecure: ["Browsers play no sound on a page over plain http from another machine. Open it on the bot's own machine as http://localhost:{port}, lead the port there with ssh -N -L {port}:127.0.0.1:{port} {host}, or put https in front of the bot (docs/api.md).", "通过普通 http 从其他机器打开的页面，浏览器不允许播放声音。请在机器人所在的电脑上用 http://localhost:{port} 打开，或用 ssh -N -L {port}:127.0.0.1:{port} {host} 转发端口，或在前面加 https 代理（见 docs/api.md）。"],
  log_out: ["Log out", "退出"], troubles: ["Trouble", "问题"],
};

const known = localStorage.getItem("language");
export let language = known === "zh" || known === "en" ? known : navigator.language.startsWith("zh") ? "zh" : "en";
document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";

export function t(key, values = {}) {
  const words = WORDS[key];
  if (!words) return key;
  return words[language === "zh" ? 1 : 0].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export function choose(next) {
  localStorage.setItem("language", next);
  location.reload();
}

export function translate(root) {
  for (const node of root.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of root.querySelectorAll("[data-t-label]")) node.setAttribute("aria-label", t(node.dataset.tLabel));
}

// A sentence of the bot's, in the panel's language.
const { inChinese } = language === "zh" ? await import("/static/panel/sentences.js") : {};
export const told = inChinese ?? ((sentence) => sentence);

// What became of something, in a word.
export const became = ({ outcome, reason }) => t(reason === "held" ? "held" : outcome);
export const said = (why) => (why ? why[language] ?? why.en : "");
export const number = (value, digits = 1) => new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
export const clock = (at) => new Date(at * 1000).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
