/* From coordinates to the screen. The third axis is up; lengths on all three axes are scaled alike. */

const DEPTH = 0.35; // how much nearer things grow, by distances of the radius of what is shown

/** Box of the first view in the three axes that are shown: its middle, its half sides, its radius. */
function boxOf(data, state) {
  const {low, high} = data.embeddings[state.embedding], {axes} = state;
  const middle = axes.map((axis) => (low[axis] + high[axis]) / 2);
  const half = axes.map((axis) => Math.max((high[axis] - low[axis]) / 2, 1e-9));
  return {middle, half, radius: Math.hypot(...half)};
}

function cornersOf({middle, half}) {
  return [...Array(8).keys()].map((i) => middle.map((x, side) => x + ((i >> side) & 1 ? half[side] : -half[side])));
}

/** Directions of the screen: to the right, up, and away from the reader. */
function directions({yaw, pitch}) {
  const [s, c, S, C] = [Math.sin(yaw), Math.cos(yaw), Math.sin(pitch), Math.cos(pitch)];
  return {right: [c, s, 0], up: [-s * S, c * S, C], away: [-s * C, c * C, -S]};
}

const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** A camera for a screen of some size: a matrix for the graphics card, and the same as a function. */
function cameraOf(data, state, width, height) {
  const box = boxOf(data, state), {camera} = state, {right, up, away} = directions(camera);
  const depth = camera.flat ? 0 : DEPTH, unit = 1 / box.radius;
  const target = box.middle.map((x, side) => x + camera.target[side] * box.radius);
  const seen = (point) => {
    const from = point.map((x, side) => (x - target[side]) * unit);
    const w = 1 + depth * dot(away, from);
    return [dot(right, from), dot(up, from), w];
  };
  const fitted = fit(cornersOf(box).map((corner) => corner.map((x, side) => (x - box.middle[side]) * unit)), {right, up, away}, depth, width, height);
  const size = fitted * camera.zoom;
  const rows = [right.map((x) => (2 * size * x) / width), up.map((x) => (2 * size * x) / height), away.map((x) => x / 40), away.map((x) => depth * x)];
  const shift = rows.map((row, i) => -dot(row, target) * unit + (i === 3 ? 1 : 0));
  const matrix = new Float32Array(16);
  rows.forEach((row, i) => [...row.map((x) => x * unit), shift[i]].forEach((x, j) => { matrix[4 * j + i] = x; }));
  const project = (point) => {
    const [x, y, w] = seen(point);
    return w > 0.02 ? [width / 2 + (size * x) / w, height / 2 - (size * y) / w] : null;
  };
  return {matrix, project, size, box, right, up};
}

/** Pixels of a radius at which all corners are inside, with room for the names of the axes. */
function fit(corners, {right, up, away}, depth, width, height) {
  const room = [width / 2 - Math.min(72, 0.17 * width), height / 2 - 56];
  return Math.min(...corners.flatMap((corner) => {
    const w = 1 + depth * dot(away, corner);
    return [(room[0] * w) / Math.max(Math.abs(dot(right, corner)), 1e-3), (room[1] * w) / Math.max(Math.abs(dot(up, corner)), 1e-3)];
  }));
}

const wrap = (angle) => Math.atan2(Math.sin(angle), Math.cos(angle));

function turn(camera, yaw, pitch) {
  camera.yaw = wrap(camera.yaw + yaw);
  camera.pitch = Math.min(Math.max(camera.pitch + pitch, -Math.PI / 2), Math.PI / 2);
  camera.flat = false;
}

function zoom(camera, factor) {
  camera.zoom = Math.min(Math.max(camera.zoom * factor, 0.2), 500);
}

/** Move what is shown by pixels of the screen. */
function move(camera, {size, right, up}, x, y) {
  camera.target = camera.target.map((at, side) => at - (x * right[side] - y * up[side]) / size);
}
