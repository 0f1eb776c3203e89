// What pages can do beyond HTML: a state while waiting, facets that apply at once, "/" to the box, links to copy.
"use strict";

const changing = "form[data-live]";

function showWaiting(form, button) {
  form.setAttribute("aria-busy", "true");
  const shown = button && button.dataset.waiting ? button : form.querySelector("[data-waiting]");
  if (!shown) return;
  shown.dataset.label = shown.textContent;
  shown.textContent = shown.dataset.waiting;
  say(shown.dataset.waiting);
}

function stopWaiting() {
  for (const form of document.querySelectorAll("form[aria-busy]")) {
    form.removeAttribute("aria-busy");
    const shown = form.querySelector("[data-label]");
    if (shown) shown.textContent = shown.dataset.label;
  }
}

function say(text) {
  document.getElementById("live").textContent = text;
}

// Facets: fetch the page that the form leads to and put its content in the place of this one.
let asked = 0;

async function apply(form) {
  const filled = [...new FormData(form)].filter(([, value]) => value !== "");
  const query = new URLSearchParams(filled).toString();
  const address = form.action.split("?")[0] + (query ? `?${query}` : "");
  const mine = ++asked;
  const main = document.querySelector("main");
  main.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) throw new Error("not shown in place");
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine !== asked) return;
    history.replaceState(null, "", address);
    exchange(main, page.querySelector("main"));
    document.title = page.title;
  } catch {
    if (mine === asked) location.assign(address);
  }
}

function exchange(old, made) {
  const focused = document.activeElement && document.activeElement.id;
  for (const open of old.querySelectorAll("details[open][id]")) {
    made.querySelector(`details[id="${CSS.escape(open.id)}"]`)?.setAttribute("open", "");
  }
  old.replaceWith(made);
  prepare(made);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  say(made.querySelector("[data-announce]")?.textContent.trim() ?? "");
}

// On a narrow screen the map is wider than its frame: begin where the challenge is.
function showHere(within) {
  const here = within.querySelector(".map-frame .here");
  const frame = here?.closest(".map-frame");
  if (frame) frame.scrollLeft += here.getBoundingClientRect().left - frame.getBoundingClientRect().left - frame.clientWidth / 2;
}

function prepare(within) {
  showHere(within);
  if (within.querySelector("[data-unsaved=now]")) unsaved = true;
  for (const button of within.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
}

// Text that is not saved: a browser asks before it leaves such a page.
let unsaved = false;

addEventListener("beforeunload", (event) => {
  if (unsaved) event.preventDefault();
});

document.addEventListener("input", (event) => {
  if (event.target.form?.matches("[data-unsaved]")) unsaved = true;
});

// A file that the server would refuse is told at once, not after it was sent.
document.addEventListener("change", (event) => {
  const input = event.target;
  if (!input.matches("input[type=file][data-max-bytes]")) return;
  const isTooLarge = [...input.files].some((file) => file.size > Number(input.dataset.maxBytes));
  input.setCustomValidity(isTooLarge ? input.dataset.tooLarge : "");
  if (isTooLarge) input.reportValidity();
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-unsaved]")) unsaved = false;
  if (form.matches("[data-busy]")) {
    if (form.getAttribute("aria-busy") === "true") event.preventDefault();
    else showWaiting(form, event.submitter);
  }
});

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form && form.matches(changing)) void apply(form);
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-print]");
  if (!button) return;
  if (button.matches("[data-print]")) return print();
  await navigator.clipboard.writeText(new URL(button.dataset.copy, location.href).href);
  say(button.dataset.copied);
  const label = button.textContent;
  button.textContent = button.dataset.copied;
  setTimeout(() => { button.textContent = label; }, 2000);
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) focusBox(event);
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea")) {
    event.target.form.requestSubmit();
  }
  if (event.key === "Escape") document.querySelector(".nav-narrow[open]")?.removeAttribute("open");
});

function focusBox(event) {
  const box = document.querySelector("[data-hotkey='/']");
  if (!box) return;
  event.preventDefault();
  box.closest("details")?.setAttribute("open", "");
  box.focus();
  box.select();
}

addEventListener("pageshow", stopWaiting);
prepare(document);
