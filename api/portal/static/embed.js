// Tells the page around the frame how high the content is: that page alone, and nothing else.
"use strict";

const origin = document.body.dataset.origin;

if (origin && parent !== window) {
  // A site with a wildcard stands for several origins; the page that asked for this one named its own.
  const tell = () => parent.postMessage({ type: "casebook-height", height: document.body.scrollHeight + 1 }, origin);
  new ResizeObserver(tell).observe(document.body);
  addEventListener("load", tell);
}
