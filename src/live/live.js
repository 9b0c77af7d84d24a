"use strict";
// The page was made with this number in the script's address; any other number is that of a newer page.
const made = new URL(document.currentScript.src).search.slice(1);
new EventSource("/changes").onmessage = (event) => {
  if (event.data !== made) location.reload();
};
