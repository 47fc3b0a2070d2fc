"use strict";
// What a page cannot say in HTML: the order of goals, dropped files, shortcuts, a server that is gone. No figure is worked out here.
const byId = (id) => document.getElementById(id);

function reorder(list) {
  const form = list.closest("form");
  form.elements.order.value = Array.from(list.children, (item) => item.dataset.goal).join(">");
  form.dispatchEvent(new Event("reorder", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const move = event.target.closest("[data-move]");
  if (move && move.getAttribute("aria-disabled") !== "true") {
    const item = move.closest("li"), list = item.parentNode, by = Number(move.dataset.move);
    if (by < 0) list.insertBefore(item, item.previousElementSibling);
    else if (by > 0) list.insertBefore(item.nextElementSibling, item);
    else item.remove();
    reorder(list);
  }
  const step = event.target.closest("[data-step]"); // asked by the page as a whole, which stays: the button is drawn anew
  if (step) htmx.ajax("POST", step.dataset.step, { source: document.body });
  if (event.target.id === "print") window.print();
  const opening = event.target.closest("[data-open]");
  if (opening) {
    const section = byId(opening.dataset.open);
    section.querySelector("details").open = true;
    section.scrollIntoView({ block: "center" });
    section.querySelector("form input").focus();
  }
  if (event.target.id === "copy") {
    byId("copied").select();
    byId("copied-it").textContent = "已选中，可以粘贴到别处";
    if (navigator.clipboard) navigator.clipboard.writeText(byId("copied").value).catch(() => document.execCommand("copy"));
    else document.execCommand("copy");
  }
  const area = event.target.closest("#map path");
  if (area) {
    byId("pick").value = area.dataset.county;
    byId("pick").form.requestSubmit();
  }
});

document.addEventListener("change", (event) => {
  if (event.target.id !== "more-goals" || !event.target.value) return;
  const list = document.querySelector(".goals"), item = document.createElement("li");
  item.dataset.goal = event.target.value;
  list.append(item);
  reorder(list);
});

let dragged = null;
document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest(".goals li");
  if (dragged) dragged.classList.add("dragged");
});
document.addEventListener("dragover", (event) => {
  const over = event.target.closest(".goals li"), drop = byId("drop");
  if (dragged && over && over !== dragged) {
    event.preventDefault();
    const below = event.clientY > over.getBoundingClientRect().top + over.offsetHeight / 2;
    over.parentNode.insertBefore(dragged, below ? over.nextSibling : over);
  } else if (dragged) event.preventDefault();
  else if (drop) {
    event.preventDefault();
    drop.classList.add("over");
  }
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  const drop = byId("drop");
  if (dragged) return;
  if (drop && event.dataTransfer.files.length) {
    drop.elements.file.files = event.dataTransfer.files;
    drop.requestSubmit();
  }
});
document.addEventListener("dragend", () => {
  if (!dragged) return;
  dragged.classList.remove("dragged");
  reorder(dragged.parentNode);
  dragged = null;
});

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.target.matches("input:not([type=range]), textarea")) return;
  const key = event.key.toLowerCase(), button = byId(key === "z" && !event.shiftKey ? "undo" : key === "y" || key === "z" ? "redo" : "");
  if (button && !button.disabled) {
    event.preventDefault();
    button.click();
  }
});

document.addEventListener("htmx:configRequest", (event) => {
  const by = event.detail.triggeringEvent;
  if (by && by.type === "input") event.detail.parameters.moving = "1"; // one movement of a slider is one step back
});
document.addEventListener("htmx:beforeRequest", (event) => {
  const told = byId("told");
  if (told && event.detail.requestConfig.verb === "post") told.textContent = ""; // asking for the proof leaves what was said
});
document.addEventListener("htmx:sendError", () => { const gone = byId("gone"); if (gone) gone.hidden = false; });
document.addEventListener("htmx:responseError", (event) => { const told = byId("told"); if (told) told.textContent = event.detail.xhr.responseText; });

// On a narrow page the card lies below the table: who asks for a county is taken there.
document.addEventListener("htmx:afterRequest", (event) => {
  const asked = event.detail.requestConfig && event.detail.requestConfig.parameters, card = byId("card");
  if (!card || !asked || !asked.county) return;
  const at = card.getBoundingClientRect();
  if (at.top > window.innerHeight || at.bottom < 0) card.scrollIntoView();
});
