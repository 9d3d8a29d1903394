/* Pointer and keys on the picture. */

const TURN = 0.008; // radians for a pixel
const CLICK = 5; // pixels that a click may slip

function listen(page) {
  const {models} = page, pointers = new Map();
  let slipped = 0;
  const place = (event) => [event.offsetX, event.offsetY];
  models.addEventListener("pointerdown", (event) => {
    models.setPointerCapture(event.pointerId);
    if (!pointers.size) slipped = 0;
    pointers.set(event.pointerId, place(event));
  });
  models.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId), [x, y] = place(event);
    if (!before) return page.point(x, y);
    const [dx, dy] = [x - before[0], y - before[1]], {camera} = page.state;
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    slipped += Math.hypot(dx, dy);
    pointers.set(event.pointerId, [x, y]);
    if (slipped <= CLICK) return undefined;
    if (other) {
      const far = (point) => Math.max(Math.hypot(point[0] - other[0], point[1] - other[1]), 1);
      zoom(camera, far([x, y]) / far(before));
      move(camera, page.camera(), dx / 2, dy / 2);
    } else if (event.shiftKey || event.buttons & 6) move(camera, page.camera(), dx, dy);
    else turn(camera, -TURN * dx, TURN * dy);
    return page.moved();
  });
  const up = (event) => {
    pointers.delete(event.pointerId);
    if (event.type === "pointerup" && slipped <= CLICK && !pointers.size) page.click(...place(event), event.shiftKey);
  };
  models.addEventListener("pointerup", up);
  models.addEventListener("pointercancel", up);
  models.addEventListener("pointerleave", () => page.point(-1, -1));
  models.addEventListener("contextmenu", (event) => event.preventDefault());
  models.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(page.state.camera, Math.exp(-Math.max(Math.min(event.deltaY, 100), -100) * 0.002));
    page.moved();
  }, {passive: false});
  models.addEventListener("keydown", (event) => {
    const action = KEYS[event.key];
    if (!action || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    action(page);
  });
}

const turned = (yaw, pitch) => (page) => {
  turn(page.state.camera, yaw, pitch);
  page.moved();
};
const zoomed = (factor) => (page) => {
  zoom(page.state.camera, factor);
  page.moved();
};
const KEYS = {
  ArrowLeft: turned(0.1, 0), ArrowRight: turned(-0.1, 0), ArrowUp: turned(0, 0.1), ArrowDown: turned(0, -0.1),
  "+": zoomed(1.15), "=": zoomed(1.15), "-": zoomed(1 / 1.15), 0: (page) => page.whole(),
  n: (page) => page.nextRun(1), p: (page) => page.nextRun(-1), "]": (page) => page.nextModel(1), "[": (page) => page.nextModel(-1),
  c: (page) => page.keep(), Escape: (page) => page.choose(-1),
};
