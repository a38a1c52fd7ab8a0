// Live pages: hear of changes by server-sent events, fetch this page again, put its live parts in place.
// Nothing here decides anything; without scripts every page works, one reloads by hand.
"use strict";
(() => {
  const main = document.getElementById("main");
  if (!main) return;
  const wanted = new Set((main.dataset.events || "").split(" ").filter(Boolean));
  const link = document.querySelector("[data-link]");
  const toast = document.querySelector("[data-toast]");
  let busy = false, again = false, timer = 0;

  const say = (text) => {
    if (!toast) return;
    toast.textContent = text;
    toast.hidden = false;
    clearTimeout(timer);
    timer = setTimeout(() => { toast.hidden = true; }, 6000);
  };
  // A region somebody is working in is left alone until he leaves it.
  const inUse = (region) => {
    const at = document.activeElement;
    if (at && region.contains(at) && /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName)) return true;
    return [...region.querySelectorAll("textarea, input:not([type=hidden]), details.fold")].some(
      (field) => field.open || (field.value !== undefined && field.defaultValue !== undefined && field.value !== field.defaultValue));
  };
  const refresh = async () => {
    if (busy) { again = true; return; }
    busy = true;
    try {
      const answer = await fetch(location.href, { headers: { "X-Fragment": "1" }, credentials: "same-origin", redirect: "manual" });
      if (answer.type === "opaqueredirect") { location.reload(); return; }
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      document.title = page.title;
      const clock = page.querySelector(".clock"), own = document.querySelector(".clock");
      if (clock && own) own.textContent = clock.textContent;
      for (const region of document.querySelectorAll("[data-live]")) {
        const next = page.getElementById(region.id);
        if (!next || inUse(region) || next.innerHTML === region.innerHTML) continue;
        const focus = document.activeElement && region.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
        const known = new Set([...region.querySelectorAll("[data-key]")].map((item) => item.dataset.key));
        const said = new Set([...region.querySelectorAll("[data-say]")].map((item) => item.dataset.key));
        const scrolled = boxes(region).map((box) => box.scrollLeft);
        region.replaceChildren(...next.childNodes);
        boxes(region).forEach((box, place) => { if (place < scrolled.length) box.scrollLeft = scrolled[place]; });
        for (const item of region.querySelectorAll("[data-key]")) if (!known.has(item.dataset.key)) item.classList.add("fresh");
        // What was held before and is told now is news too.
        const told = [...region.querySelectorAll("[data-say]")].filter((item) => !said.has(item.dataset.key))
          .map((item) => ({ key: item.dataset.key, say: item.dataset.say }));
        for (const item of told) say(item.say);
        if (told.length) document.dispatchEvent(new CustomEvent("huiying:fresh", { detail: told }));
        if (focus) { const back = region.querySelector(`[href="${CSS.escape(focus)}"]`); if (back) back.focus(); }
      }
      reach();
    } catch { /* the next event tries again */ } finally {
      busy = false;
      if (again) { again = false; setTimeout(refresh, 500); }
    }
  };
  // What scrolls sideways can be reached and scrolled by the keyboard; what does not is no stop.
  const boxes = (within) => [...within.querySelectorAll(".card, .scroll, .steps, .paper, .chart-box, pre")];
  const reach = () => {
    for (const box of boxes(document.querySelector("main") || document)) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0; else if (box.tabIndex === 0) box.removeAttribute("tabindex");
    }
  };
  reach();
  window.addEventListener("resize", reach);
  if (window.EventSource && document.querySelector("[data-live]")) {
    const stream = new EventSource("/events");
    stream.addEventListener("open", () => { if (link && !link.hidden) { link.hidden = true; refresh(); } });
    stream.addEventListener("error", () => { if (link) link.hidden = false; });
    stream.addEventListener("tick", refresh);
    stream.addEventListener("out", () => location.reload());
    stream.addEventListener("change", (event) => {
      if (JSON.parse(event.data).changed.some((name) => wanted.has(name))) refresh();
    });
    window.addEventListener("pagehide", () => stream.close());
  }
  // On a narrow screen a chart is wider than its card: its newest end is the one to see first.
  for (const chart of document.querySelectorAll("svg.chart")) chart.parentElement.scrollLeft = chart.parentElement.scrollWidth;
  // A form is sent once, however often the button is pressed.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(() => { delete form.dataset.sent; }, 4000);
  });
  // A text file is read into a field of the same form, where it can be looked at before it is sent.
  for (const file of document.querySelectorAll("input[type=file][data-into]")) {
    file.closest("label").hidden = false;
    file.addEventListener("change", async () => {
      const field = file.form.elements[file.dataset.into];
      if (!file.files.length) return;
      if (file.files[0].size > 250000) { file.setCustomValidity("文件太大，不像一份规则手册。"); file.reportValidity(); return; }
      file.setCustomValidity("");
      field.value = await file.files[0].text();
      field.focus();
    });
  }
  // A chosen text file fills the field beside it.
  for (const file of document.querySelectorAll("input[type=file][data-into]")) {
    file.addEventListener("change", async () => {
      if (file.files[0]) document.getElementById(file.dataset.into).value = await file.files[0].text();
    });
  }
  // Filters apply as they are chosen.
  for (const form of document.querySelectorAll("form[method=get]")) {
    for (const field of form.querySelectorAll("select, input[type=checkbox]")) {
      field.addEventListener("change", () => {
        if (field.name === "span" && field.value !== "own") for (const time of form.querySelectorAll("input[type=datetime-local]")) time.value = "";
        if (!(field.name === "span" && field.value === "own")) form.requestSubmit();
      });
    }
  }
})();
