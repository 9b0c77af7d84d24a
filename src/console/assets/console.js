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
  events.addEventListener("over", (event) => {
    events.close();
    show(event.data);
    location.replace(running.dataset.here);
  });
}
