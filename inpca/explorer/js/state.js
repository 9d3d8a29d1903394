/* What is shown, and the address of the page that says so. */

const VIEWS = {
  perspective: {yaw: 0.35, pitch: 0.6, flat: false},
  above: {yaw: 0, pitch: Math.PI / 2, flat: true},
  front: {yaw: 0, pitch: 0, flat: true},
  side: {yaw: Math.PI / 2, pitch: 0, flat: true},
};

function firstState(data) {
  return {
    embedding: 0,
    axes: [0, 1, 2],
    colour: data.factors.length ? "factor 0" : "column 0",
    cut: {column: data.columns.length - 1, from: -Infinity, to: Infinity},
    hidden: data.factors.map(() => new Set()),
    camera: {...VIEWS.perspective, zoom: 1, target: [0, 0, 0]},
    model: -1, // the one that was clicked; its run lights up
    pointed: -1, // the one under the pointer
  };
}

function colouredBy(data, state) {
  const [kind, number] = state.colour.split(" ");
  return {factor: kind === "factor" ? data.factors[number] : null, column: kind === "column" ? data.columns[number] : null};
}

/** Whether each run is kept by the filters of its factors. */
function keptRuns(data, state) {
  return data.runs.map((_, run) => data.factors.every((factor, i) => !state.hidden[i].has(factor.codes[run])));
}

function isKept(data, state, model) {
  const value = data.columns[state.cut.column].values[model];
  return value >= state.cut.from && value <= state.cut.to;
}

/** The state as the part of the address behind #: names, not numbers, so that it outlives a new version of the page. */
function toAddress(data, state) {
  const said = new URLSearchParams(), {camera, cut} = state, {factor, column} = colouredBy(data, state);
  said.set("embedding", data.embeddings[state.embedding].name);
  said.set("axes", state.axes.map((axis) => axis + 1).join());
  said.set("colour", (factor ?? column).name);
  said.set("cut", data.columns[cut.column].name);
  if (cut.from > -Infinity) said.set("from", written(cut.from));
  if (cut.to < Infinity) said.set("to", written(cut.to));
  state.hidden.forEach((codes, i) => codes.forEach((code) => said.append(`without ${data.factors[i].name}`, data.factors[i].levels[code])));
  said.set("camera", [camera.yaw, camera.pitch, camera.zoom, ...camera.target].map(written).join());
  if (camera.flat) said.set("flat", "1");
  if (state.model >= 0) {
    const run = data.runOf[state.model];
    said.set("run", data.runs[run]);
    said.set("model", state.model - data.starts[run]);
  }
  return said.toString();
}

/** The state that an address says; what it does not say, or what the page does not have, is as at the start. */
function fromAddress(data, text) {
  const said = new URLSearchParams(text), state = firstState(data);
  const named = (list, name, otherwise) => Math.max(list.findIndex((one) => one.name === said.get(name)), -1) + 1 || otherwise + 1;
  state.embedding = named(data.embeddings, "embedding", 0) - 1;
  state.cut.column = named(data.columns, "cut", state.cut.column) - 1;
  for (const kind of ["factor", "column"]) {
    const place = data[`${kind}s`].findIndex((one) => one.name === said.get("colour"));
    if (place >= 0) state.colour = `${kind} ${place}`;
  }
  const numbers = (name) => (said.get(name) ?? "").split(",").filter(Boolean).map(Number).filter(Number.isFinite);
  const axes = numbers("axes").map((axis) => axis - 1), count = data.embeddings[state.embedding].axes.length;
  if (axes.length === 3 && axes.every((axis) => Number.isInteger(axis) && axis >= 0 && axis < count)) state.axes = axes;
  [state.cut.from = -Infinity] = numbers("from");
  [state.cut.to = Infinity] = numbers("to");
  data.factors.forEach((factor, i) => said.getAll(`without ${factor.name}`).forEach((level) => {
    const code = factor.levels.indexOf(level);
    if (code >= 0) state.hidden[i].add(code);
  }));
  const camera = numbers("camera");
  if (camera.length === 6 && camera[2] > 0) {
    const [yaw, pitch, zoom, ...target] = camera;
    state.camera = {yaw, pitch, zoom, target, flat: said.has("flat")};
  }
  const run = data.runs.indexOf(said.get("run"));
  if (run >= 0) {
    const [place = 0] = numbers("model"), last = data.starts[run + 1] - data.starts[run] - 1;
    state.model = data.starts[run] + Math.min(Math.max(Math.trunc(place), 0), last);
  }
  return state;
}
