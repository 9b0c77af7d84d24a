// What the screens do by themselves where scripts run; everything works without it.
"use strict";

// A running send: the counts once a second, spoken at most every ten seconds, and the next screen at its end.
const running = document.querySelector("[data-events]");
if (running) {
  const spoken = document.querySelector("[data-spoken]");
  let last = 0;
  const events = new EventSource(running.dataset.events);
  const show = (text) => {
    const told = JSON.parse(text);
    for (const element of document.querySelectorAll("[data-field]")) {
      const value = told[element.dataset.field];
      if (value !== undefined) element.textContent = value;
    }
    const progress = document.querySelector("[data-progress]");
    if (told.all !== undefined) [progress.max, progress.value] = [Math.max(told.all, 1), told.settled];
    if (told.told && Date.now() - last >= 10000) [last, spoken.textContent] = [Date.now(), told.told];
  };
  events.addEventListener("counts", (event) => show(event.data));
  // Without the console the sending goes on and the numbers stand still: that is said, and looked for again.
  const lost = document.querySelector("[data-lost]");
  const told = lost.textContent;
  events.addEventListener("open", () => (lost.hidden = true));
  events.addEventListener("error", () => {
    if (lost.hidden) lost.textContent = told.replace("…", new Date().toTimeString().slice(0, 5));
    lost.hidden = false;
    // A browser gives up on a console that does not know it any more.
    if (events.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5000);
  });
  events.addEventListener("over", (event) => {
    events.close();
    show(event.data);
    location.replace(running.dataset.here);
  });
}

// A page that comes back from the browser's memory says what was, not what is.
addEventListener("pageshow", (event) => event.persisted && location.reload());

// A rehearsal or a try that goes on: look again.
if (document.querySelector("[data-again]")) setTimeout(() => location.reload(), 2000);

// A list is dropped anywhere on its form.
const drop = document.querySelector("[data-drop]");
if (drop) {
  const over = (event, is) => {
    event.preventDefault();
    drop.classList.toggle("over", is);
  };
  document.addEventListener("dragover", (event) => over(event, true));
  document.addEventListener("dragleave", (event) => over(event, false));
  document.addEventListener("drop", (event) => {
    over(event, false);
    if (event.dataTransfer.files.length === 0) return;
    drop.querySelector("input[type=file]").files = event.dataTransfer.files;
    drop.requestSubmit();
  });
}

// A campaign in the making: columns are clicked into the text, and the phone follows what is written.
const draft = document.querySelector("[data-draft]");
if (draft) {
  let text = draft.querySelector("[data-text]");
  draft.addEventListener("focusin", (event) => {
    if (event.target.matches("[data-text]")) text = event.target;
  });
  draft.addEventListener("click", (event) => {
    const variable = event.target.dataset.insert;
    if (!variable || !text) return;
    text.setRangeText(variable, text.selectionStart, text.selectionEnd, "end");
    text.focus();
    text.dispatchEvent(new Event("input", { bubbles: true }));
  });
  const look = async () => {
    const fields = new URLSearchParams(new FormData(draft));
    fields.set("do", "look");
    const answer = await fetch(draft.action, { method: "POST", body: fields });
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  };
  // One look at a time; what was written meanwhile is looked at next.
  let [busy, again, timer] = [false, false, 0];
  const follow = async () => {
    if (busy) return void (again = true);
    busy = true;
    try {
      const page = await look();
      for (const part of draft.querySelectorAll("[data-part]")) {
        const fresh = page.querySelector(`[data-part="${part.dataset.part}"]`);
        if (!fresh) continue;
        // While a text is half written the phone stays as it was, paler.
        const waits = fresh.querySelector("[data-none]") !== null && part.querySelector(".sample") !== null;
        part.classList.toggle("stale", waits);
        if (!waits) part.replaceChildren(...fresh.childNodes);
      }
    } finally {
      busy = false;
      if (again) [again] = [false, follow()];
    }
  };
  draft.addEventListener("input", (event) => {
    // Another kind, sheet, row or column asks for other things: the whole page is made anew.
    if (event.target.matches("[data-reload]")) return draft.requestSubmit(draft.querySelector("[value=look]"));
    clearTimeout(timer);
    timer = setTimeout(follow, 300);
  });
  // What is written here and not saved is not lost by a careless click.
  const dirty = draft.querySelector("[data-dirty]");
  if (dirty) {
    let leaves = false;
    draft.addEventListener("input", () => (dirty.hidden = false));
    draft.addEventListener("submit", () => (leaves = true));
    addEventListener("beforeunload", (event) => {
      if (!dirty.hidden && !leaves) event.preventDefault();
    });
  }
}
