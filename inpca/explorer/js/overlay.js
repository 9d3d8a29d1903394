/* What lies over the models: the box of the axes with their numbers and names, the geodesic, means, the runs that are
   chosen. */

const ENDS = ["P₀", "P*"];
/* Where on the screen, by preference, the numbers of each axis stand. */
const PREFERRED = [[0, 1], [-0.5, 0.9], [-1, 0]];

function drawOverlay(context, data, state, camera, means, [width, height]) {
  context.clearRect(0, 0, width, height);
  context.font = "12px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  drawBox(context, data, state, camera);
  const way = (first, end) => {
    const points = [];
    for (let model = first; model < end; model++) {
      points.push(camera.project(state.axes.map((axis) => coordinate(data, state.embedding, axis, model))));
    }
    return points.filter(Boolean);
  };
  const geodesic = way(data.drawn, data.models);
  if (geodesic.length > 1) stroke(context, geodesic, "#000", 2.5);
  for (const {colour, points} of means) stroke(context, points.map(camera.project).filter(Boolean), colour, 4);
  const chosen = chosenModels(data, state), {factor} = colouredBy(data, state);
  for (const [model, colour] of [[state.pointed, CHOSEN], ...chosen]) {
    if (model < 0) continue;
    const run = data.runOf[model], own = factor && (chosen.length < 2 || model === state.pointed);
    stroke(context, way(data.starts[run], data.starts[run + 1]), own ? factor.colours[factor.codes[run]] : colour, model === state.pointed ? 2 : 3.5);
    way(model, model + 1).forEach((at) => disc(context, at, 5, colour));
  }
  if (geodesic.length > 1) [geodesic[0], geodesic.at(-1)].forEach((end, i) => named(context, ENDS[i], end));
}

/** A line with a white rim. */
function stroke(context, points, colour, wide) {
  for (const [style, width] of [["#fff", wide + 2.5], [colour, wide]]) {
    context.beginPath();
    points.forEach(([x, y]) => context.lineTo(x, y));
    context.strokeStyle = style;
    context.lineWidth = width;
    context.stroke();
  }
}

function disc(context, [x, y], radius, colour) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.strokeStyle = "#fff";
  context.lineWidth = 2;
  context.fill();
  context.stroke();
}

/** An end of the geodesic. */
function named(context, text, [x, y]) {
  disc(context, [x, y], 4.5, "#000");
  label(context, text, [x, y - 15], "#000", "bold 15px system-ui, sans-serif");
}

function label(context, text, [x, y], colour, font = context.font) {
  context.save();
  Object.assign(context, {font, strokeStyle: "#fff", lineWidth: 4, fillStyle: colour});
  context.strokeText(text, x, y);
  context.fillText(text, x, y);
  context.restore();
}

/** Edges of the box; on an outer one of each axis, its numbers and its name, unless it points at the reader. */
function drawBox(context, data, state, {box, project}) {
  const places = cornersOf(box), corners = places.map(project), middle = project(box.middle);
  if (!middle || corners.some((corner) => !corner)) return;
  state.axes.forEach((axis, side) => {
    const edges = [...Array(8).keys()].filter((i) => !((i >> side) & 1)).map((i) => {
      const [p, q] = [corners[i], corners[i | (1 << side)]];
      line(context, p, q, "#ddd");
      return {side, a: places[i], b: places[i | (1 << side)], p, q, ...outwards(p, q, middle)};
    });
    const [x, y] = PREFERRED[side], room = ({out, far}) => far + 80 * (out[0] * x + out[1] * y);
    const outer = edges.reduce((best, edge) => (room(edge) > room(best) ? edge : best));
    if (outer.length > 40) drawAxis(context, project, outer, data.embeddings[state.embedding].axes[axis]);
  });
}

/** Length of an edge of the screen, the direction away from the middle, and how far away the middle is. */
function outwards(p, q, middle) {
  const length = Math.hypot(q[0] - p[0], q[1] - p[1]) || 1, out = [(p[1] - q[1]) / length, (q[0] - p[0]) / length];
  const far = out[0] * (p[0] - middle[0]) + out[1] * (p[1] - middle[1]);
  return {length, far: Math.abs(far), out: far < 0 ? out.map((x) => -x) : out};
}

function line(context, a, b, colour) {
  context.beginPath();
  context.moveTo(...a);
  context.lineTo(...b);
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.stroke();
}

/** An edge with numbers and the name of its axis, on the side away from the middle. */
function drawAxis(context, project, {side, a, b, p, q, out, length}, name) {
  const beside = ([x, y], far) => [x + far * out[0], y + far * out[1]], wide = Math.abs(out[0]);
  const step = stepOf((b[side] - a[side]) / Math.max(Math.min(length / 50, 6), 1));
  line(context, p, q, "#888");
  for (let tick = Math.ceil(a[side] / step); tick * step <= b[side]; tick++) {
    const at = project(a.map((x, i) => (i === side ? tick * step : x)));
    line(context, at, beside(at, 4), "#888");
    label(context, written(tick * step), beside(at, 10 + 10 * wide), "#555");
  }
  const angle = Math.atan2(q[1] - p[1], q[0] - p[0]);
  context.save();
  context.translate(...beside([(p[0] + q[0]) / 2, (p[1] + q[1]) / 2], 28 + 14 * wide));
  context.rotate(Math.abs(angle) > Math.PI / 2 + 1e-6 ? angle + Math.PI : angle);
  label(context, name, [0, 0], "#1a1a1a", "bold 12px system-ui, sans-serif");
  context.restore();
}

/** The least of 1, 2, 5 · 10^n that is no less than a length. */
function stepOf(length) {
  const ten = 10 ** Math.floor(Math.log10(length));
  return [1, 2, 5, 10].map((times) => times * ten).find((step) => step >= length * (1 - 1e-9));
}
