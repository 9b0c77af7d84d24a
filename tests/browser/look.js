// What is looked at in a page. Each function gives a list of what is wrong, or of what is there.

const name = (element) =>
  element.tagName.toLowerCase() + (element.className ? "." + String(element.className).replaceAll(" ", ".") : "") +
  ": " + element.textContent.trim().slice(0, 30);
const seen = (element) => element.checkVisibility() && !element.closest(".unseen") && !element.closest(".skip");
const all = () => [...document.body.querySelectorAll("*")].filter(seen);

// Whatever is wider than the page or than what it stands in.
function overflows() {
  const root = document.documentElement;
  const wrong = root.scrollWidth > root.clientWidth ? [`the page is ${root.scrollWidth} wide`] : [];
  for (const element of all()) {
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    const scrolled = element.closest("pre, .scroll");
    if (!scrolled && (box.right > root.clientWidth + 0.5 || box.left < -0.5)) wrong.push("out of the page: " + name(element));
    const block = style.display !== "inline" && element.clientWidth > 0;
    const clips = style.overflowX !== "visible" && scrolled;
    if (block && !clips && element.scrollWidth > element.clientWidth + 1) wrong.push("too narrow: " + name(element));
  }
  return wrong;
}

// What has to be scrolled to be read.
function scrolls() {
  const held = (element) => element.matches("pre, .scroll") || getComputedStyle(element).overflowX !== "visible";
  const cut = (element) => held(element) && element.scrollWidth > element.clientWidth + 1;
  return all().filter(cut).map(name);
}

// Boxes beside each other that share a place on the screen.
function overlaps() {
  const wrong = [];
  const inFlow = (element) => {
    const style = getComputedStyle(element);
    return seen(element) && style.display !== "inline" && style.position !== "absolute";
  };
  for (const parent of [document.body, ...all()]) {
    const boxes = [...parent.children].filter(inFlow).map((child) => [child, child.getBoundingClientRect()]);
    for (let i = 0; i < boxes.length; i++) {
      for (let j = i + 1; j < boxes.length; j++) {
        const [a, b] = [boxes[i][1], boxes[j][1]];
        const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (width > 1 && height > 1) wrong.push(name(boxes[i][0]) + " lies on " + name(boxes[j][0]));
      }
    }
  }
  return wrong;
}

// Texts whose colour is too near to what they stand on: WCAG 2.2, 1.4.3, level AA.
function pale() {
  const channels = (color) => {
    const [r, g, b, a = 1] = color.match(/[\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const luminance = ({ r, g, b }) => {
    const [x, y, z] = [r, g, b].map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = channels(getComputedStyle(at).backgroundColor);
      if (color.a === 1) return color;
    }
    return { r: 255, g: 255, b: 255 };
  };
  const wrong = [];
  for (const element of all()) {
    const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!own || element.closest("[aria-hidden=true]")) continue;
    const style = getComputedStyle(element);
    const [a, b] = [luminance(channels(style.color)), luminance(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) wrong.push(`${ratio.toFixed(2)}: ${name(element)}`);
  }
  return wrong;
}

// What a screen reader would stumble over.
function unnamed() {
  const wrong = [];
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  if (new Set(ids).size !== ids.length) wrong.push("an id stands twice");
  for (const element of document.querySelectorAll("[aria-labelledby]")) {
    if (!document.getElementById(element.getAttribute("aria-labelledby"))?.textContent.trim()) wrong.push("no name: " + name(element));
  }
  for (const image of document.querySelectorAll("img")) if (!image.alt) wrong.push("no text for a picture");
  for (const image of document.querySelectorAll("img")) if (!image.naturalWidth) wrong.push("a picture that does not show");
  const levels = [...document.querySelectorAll("h1, h2, h3, h4")].map((heading) => Number(heading.tagName[1]));
  levels.forEach((level, at) => {
    if (level > (levels[at - 1] ?? 0) + 1) wrong.push(`a heading of level ${level} after one of level ${levels[at - 1] ?? 0}`);
  });
  if (!document.documentElement.lang || !document.title) wrong.push("no language or title");
  return wrong;
}

// The texts of each sample: of every visible element on the phone and beside it.
function samples() {
  // What is folded is there, too, one tap away.
  const folded = (element) => element.closest("details:not([open])");
  const there = (element) => folded(element) || (seen(element) && element.getBoundingClientRect().height > 0);
  const texts = (root) => [...root.querySelectorAll("*")].filter(there).map((element) => element.textContent);
  return [...document.querySelectorAll("article.sample")].map((article) => ({
    phone: texts(article.querySelector(".message")),
    beside: texts(article.querySelector(".beside")),
  }));
}
