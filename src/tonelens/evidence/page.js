
"use strict";
(() => {
  const root = document.documentElement;
  const audio = document.getElementById("recording");
  const panels = document.getElementById("panels");
  const head = document.getElementById("playhead");
  const position = document.getElementById("position");
  const clock = document.getElementById("clock");
  const length_s = Number(panels.dataset.length);
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let stopAt_s = null;
  let isOurSeek = false;
  root.classList.add("js");

  function show() {
    const now_s = Math.min(audio.currentTime, length_s);
    const place = (100 * now_s / length_s).toFixed(2) + "%";
    head.setAttribute("x1", place);
    head.setAttribute("x2", place);
    position.value = now_s;
    clock.textContent = now_s.toFixed(2) + " s";
    position.setAttribute("aria-valuetext", now_s.toFixed(2) + " of " + length_s.toFixed(2) + " seconds");
  }

  function follow() {
    if (stopAt_s !== null && audio.currentTime >= stopAt_s) audio.pause();
    if (!calm.matches) show();
    if (!audio.paused) requestAnimationFrame(follow);
  }

  function seek(time_s) {
    isOurSeek = true;
    audio.currentTime = Math.max(0, Math.min(time_s, length_s));
    show();
  }

  audio.addEventListener("play", () => {
    for (const other of document.querySelectorAll("audio")) if (other !== audio) other.pause();
    follow();
  });
  audio.addEventListener("timeupdate", show);
  audio.addEventListener("pause", () => { stopAt_s = null; });
  audio.addEventListener("seeking", () => {
    if (!isOurSeek) stopAt_s = null;
    isOurSeek = false;
  });
  audio.addEventListener("seeked", show);
  for (const other of document.querySelectorAll("audio")) {
    if (other !== audio) other.addEventListener("play", () => {
      for (const one of document.querySelectorAll("audio")) if (one !== other) one.pause();
    });
  }

  position.addEventListener("input", () => { stopAt_s = null; seek(Number(position.value)); });
  panels.addEventListener("click", (event) => {
    const box = panels.getBoundingClientRect();
    stopAt_s = null;
    seek(length_s * (event.clientX - box.left) / box.width);
  });
  for (const button of document.querySelectorAll("button[data-start]")) {
    button.addEventListener("click", () => {
      seek(Number(button.dataset.start));
      stopAt_s = Number(button.dataset.end);
      audio.play();
    });
  }
  show();
})();
