// <casebook-search server="https://kb.example.com" language="de"></casebook-search>
// A search in the firm's own portal: a frame of the server's page /embed, as high as what it shows.
"use strict";

(() => {
  const LEAST = 120;
  const MOST = 4000;
  const titles = { en: "Search the casebook", de: "Fallsammlung durchsuchen", fr: "Chercher dans la collection de cas" };
  // Where this script came from, if the page names no server.
  const own = document.currentScript ? document.currentScript.src.replace(/\/static\/[^/]*$/, "") : "";

  class CasebookSearch extends HTMLElement {
    static observedAttributes = ["server", "language"];
    #frame = null;
    #origin = "";
    #hear = (event) => this.#heard(event);

    connectedCallback() {
      addEventListener("message", this.#hear);
      this.#show();
    }

    disconnectedCallback() {
      removeEventListener("message", this.#hear);
    }

    attributeChangedCallback() {
      if (this.isConnected) this.#show();
    }

    #show() {
      const server = this.#server();
      this.replaceChildren();
      if (!server) return;
      const language = this.getAttribute("language") || document.documentElement.lang || "en";
      const asked = new URLSearchParams({ language, origin: location.origin });
      const frame = document.createElement("iframe");
      frame.src = `${server.href.replace(/[?#].*$/, "").replace(/\/+$/, "")}/embed?${asked}`;
      frame.title = this.getAttribute("label") || titles[language.slice(0, 2)] || titles.en;
      frame.referrerPolicy = "no-referrer";
      frame.style.cssText = "display: block; width: 100%; border: 0; color-scheme: inherit;";
      frame.style.height = "220px";
      this.style.display = "block";
      this.#origin = server.origin;
      this.#frame = frame;
      this.append(frame);
    }

    #server() {
      try {
        const server = new URL(this.getAttribute("server") || own);
        if (server.protocol === "https:" || server.protocol === "http:") return server;
      } catch { /* told below */ }
      console.error("casebook-search: the attribute `server` must be an address such as https://kb.example.com");
      return null;
    }

    // Only our own frame, still at our own server, may say how high it wants to be.
    #heard(event) {
      if (!this.#frame || event.source !== this.#frame.contentWindow || event.origin !== this.#origin) return;
      const { type, height } = event.data ?? {};
      if (type !== "casebook-height" || !Number.isFinite(height)) return;
      this.#frame.style.height = `${Math.min(Math.max(height, LEAST), MOST)}px`;
    }
  }

  if (!customElements.get("casebook-search")) customElements.define("casebook-search", CasebookSearch);
})();
