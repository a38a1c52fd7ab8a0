// New alerts by sound and on the desktop, for whoever asked for it in this browser; each once over all its open pages.
// Only the line of the desk is shown, never what people wrote: others look at screens too.
"use strict";
(() => {
  const bar = document.querySelector("[data-alarm]");
  if (!bar) return;
  const sound = bar.querySelector("[data-sound]"), popup = bar.querySelector("[data-popup]"), said = bar.querySelector("[data-alarm-said]");
  const read = (name) => { try { return JSON.parse(localStorage.getItem(name)) || {}; } catch { return {}; } };
  const write = (name, value) => { try { localStorage.setItem(name, JSON.stringify(value)); } catch { /* a browser that keeps nothing asks again */ } };
  const MOST = 3, KEPT = 200;
  let audio = null;
  const allowed = () => "Notification" in window && window.isSecureContext && Notification.permission === "granted";
  const show = () => {
    const on = read("huiying.alarm");
    sound.textContent = `声音提醒：${on.sound ? "开" : "关"}`;
    popup.textContent = `桌面通知：${on.popup && allowed() ? "开" : "关"}`;
  };
  const wake = async () => {
    if (!read("huiying.alarm").sound || !window.AudioContext) return false;
    audio = audio || new AudioContext();
    // A browser that wants a click first never answers: it is not waited for.
    await Promise.race([audio.resume(), new Promise((done) => { setTimeout(done, 300); })]);
    return audio.state === "running";
  };
  const beep = () => {
    for (const [place, pitch] of [880, 660, 880].entries()) {
      const tone = audio.createOscillator(), volume = audio.createGain(), from = audio.currentTime + place * 0.25;
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.0001, from);
      volume.gain.exponentialRampToValueAtTime(0.3, from + 0.03);
      volume.gain.exponentialRampToValueAtTime(0.0001, from + 0.22);
      tone.connect(volume).connect(audio.destination);
      tone.start(from);
      tone.stop(from + 0.24);
    }
  };
  const tell = (text, key) => {
    try {
      const one = new Notification("回应", { body: text, tag: key, lang: "zh-CN" });
      one.addEventListener("click", () => { window.focus(); location.assign(key ? `/alerts/${encodeURIComponent(key)}` : "/"); one.close(); });
      return true;
    } catch { return false; } // phones let only a service worker tell
  };
  const ring = async (fresh) => {
    const on = read("huiying.alarm"), rang = read("huiying.rang");
    const mine = fresh.filter((item) => !rang[item.key]);
    if (!mine.length || !(on.sound || on.popup)) return;
    for (const item of mine) rang[item.key] = Date.now();
    write("huiying.rang", Object.fromEntries(Object.entries(rang).sort((a, b) => b[1] - a[1]).slice(0, KEPT)));
    const missed = [];
    if (on.sound) { if (await wake()) beep(); else missed.push("浏览器拦住了声音，请点一下页面"); }
    if (on.popup) {
      const shown = allowed() && mine.slice(0, MOST).every((item) => tell(item.say, item.key));
      if (shown && mine.length > MOST) tell(`另有${mine.length - MOST}条新预警`, "");
      if (!shown) missed.push("浏览器没有显示桌面通知");
    }
    said.textContent = missed.length ? `${missed.join("；")}。` : `已提醒${mine.length}条新预警。`;
  };
  sound.addEventListener("click", async () => {
    const on = read("huiying.alarm");
    write("huiying.alarm", { ...on, sound: !on.sound });
    show();
    said.textContent = "";
    if (!on.sound) { if (await wake()) beep(); else said.textContent = "这个浏览器放不出声音。"; }
  });
  popup.addEventListener("click", async () => {
    const on = read("huiying.alarm"), was = on.popup && allowed();
    said.textContent = "";
    if (!was && !("Notification" in window && window.isSecureContext)) {
      said.textContent = "桌面通知要用 https 或本机地址打开控制台。";
      return;
    }
    if (!was && Notification.permission !== "granted") await Notification.requestPermission();
    if (!was && !allowed()) said.textContent = "浏览器禁止了本站的通知，请在地址栏旁的网站设置里允许。";
    write("huiying.alarm", { ...on, popup: !was && allowed() });
    show();
  });
  document.addEventListener("huiying:fresh", (event) => { ring(event.detail); });
  document.addEventListener("pointerdown", () => { wake(); }, { once: true });
  window.addEventListener("storage", show);
  show();
  bar.hidden = false;
})();
