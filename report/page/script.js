// A picture is one stop of the Tab key, with the arrow keys from point to point, and
// what is near the pointer says its figure. Without this each point is a stop, and
// says it by its title.
for (const plot of document.querySelectorAll(".plot")) {
  const points = [...plot.querySelectorAll("[tabindex]")];
  if (points.length === 0) continue;
  const readout = document.createElement("div");
  readout.className = "readout";
  readout.hidden = true;
  readout.setAttribute("aria-hidden", "true");
  plot.append(readout);
  let shown = null;

  const hide = () => {
    readout.hidden = true;
    if (shown) shown.classList.remove("near");
    shown = null;
  };
  const show = (point) => {
    if (point === shown) return;
    hide();
    shown = point;
    point.classList.add("near");
    readout.textContent = point.getAttribute("aria-label");
    readout.hidden = false;
    const whole = plot.getBoundingClientRect();
    const at = point.getBoundingClientRect();
    const left = at.left + at.width / 2 - whole.left - readout.offsetWidth / 2;
    readout.style.left = Math.max(0, Math.min(left, whole.width - readout.offsetWidth)) + "px";
    const over = at.top - whole.top - readout.offsetHeight - 8;
    readout.style.top = (over < 0 ? at.bottom - whole.top + 8 : over) + "px";
  };

  points.forEach((point, i) => {
    const title = point.querySelector("title");
    point.setAttribute("aria-label", title.textContent);
    title.remove(); // the readout says it
    if (i > 0) point.setAttribute("tabindex", "-1");
    point.addEventListener("focus", () => show(point));
    point.addEventListener("blur", hide);
    point.addEventListener("keydown", (event) => {
      const to = { ArrowRight: i + 1, ArrowDown: i + 1, ArrowLeft: i - 1, ArrowUp: i - 1, Home: 0, End: points.length - 1 }[event.key];
      if (event.key === "Escape") hide();
      if (to === undefined || !points[to]) return;
      event.preventDefault();
      point.setAttribute("tabindex", "-1");
      points[to].setAttribute("tabindex", "0");
      points[to].focus();
    });
  });
  plot.addEventListener("pointermove", (event) => {
    let nearest = null, least = 40;
    for (const point of points) {
      const at = point.getBoundingClientRect();
      const dx = Math.max(at.left - event.clientX, 0, event.clientX - at.right);
      const dy = Math.max(at.top - event.clientY, 0, event.clientY - at.bottom);
      const far = Math.hypot(dx, dy);
      if (far < least) [nearest, least] = [point, far];
    }
    if (nearest) show(nearest);
    else hide();
  });
  plot.addEventListener("pointerleave", hide);
}
