/*
 * The reader's settings: text size, colours, spacing. One classic script, because modules do not load from file://.
 * It runs in the head, before anything is painted; without it the whole page can be read and its controls are hidden.
 */
(function () {
  "use strict";

  var KEY = "tamizdat-reader";
  var CHOICES = {
    size: ["100", "125", "150", "200"],
    contrast: ["", "light", "dark", "high"],
    spacing: ["", "wide"]
  };
  var root = document.documentElement;
  var chosen = read();

  function read() {
    var kept = {};
    try {
      kept = JSON.parse(window.localStorage.getItem(KEY)) || {};
    } catch (error) {
      // Storage may be shut, or hold what another page wrote: the settings then last as long as this page.
    }
    var known = {};
    Object.keys(CHOICES).forEach(function (name) {
      known[name] = CHOICES[name].indexOf(kept[name]) < 0 ? CHOICES[name][0] : kept[name];
    });
    return known;
  }

  function keep() {
    try {
      window.localStorage.setItem(KEY, JSON.stringify(chosen));
    } catch (error) {
      // As above.
    }
  }

  function apply() {
    Object.keys(chosen).forEach(function (name) {
      if (chosen[name] === CHOICES[name][0]) {
        root.removeAttribute("data-" + name);
      } else {
        root.setAttribute("data-" + name, chosen[name]);
      }
    });
  }

  function show() {
    document.querySelectorAll("[data-set]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(chosen[button.dataset.set] === button.dataset.to));
    });
    document.querySelectorAll(".controls input").forEach(function (input) {
      input.checked = chosen[input.name] === input.value;
    });
  }

  function set(name, value) {
    chosen[name] = value;
    apply();
    show();
    keep();
  }

  function start() {
    var controls = document.querySelector(".controls");
    var settings = document.querySelector(".settings");
    controls.hidden = false;
    controls.addEventListener("click", function (event) {
      var button = event.target.closest("[data-set]");
      if (button) {
        set(button.dataset.set, button.dataset.to);
      }
    });
    controls.addEventListener("change", function (event) {
      set(event.target.name, event.target.value);
    });
    document.addEventListener("keydown", function (event) {
      if (event.key === "Escape" && settings.open) {
        settings.open = false;
        settings.querySelector("summary").focus();
      }
    });
    document.addEventListener("click", function (event) {
      if (!settings.contains(event.target)) {
        settings.open = false;
      }
    });
    show();
  }

  root.classList.add("script");
  apply();
  document.addEventListener("DOMContentLoaded", start);
})();
