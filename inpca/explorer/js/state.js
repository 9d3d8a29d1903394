/* What is shown, and the address of the page that says so. */

const [CHOSEN, BESIDE] = ["#d55e00", "#0072b2"]; // colours of the run that is chosen and of the one beside it
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
    kept: -1, // one of a second run, to compare with
    means: -1, // the column at equal values of which runs are averaged
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

/** The models whose runs light up, each with its colour: one has that of its factor, of two each has its own. */
function chosenModels({runOf}, {model, kept}) {
  const two = kept >= 0 && runOf[kept] !== runOf[model];
  return [[model, CHOSEN], ...(two ? [[kept, BESIDE]] : [])].filter(([one]) => one >= 0);
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
  for (const [name, place, model] of [["run", "model", state.model], ["beside", "its model", state.kept]]) {
    if (model < 0) continue;
    const run = data.runOf[model];
    said.set(name, data.runs[run]);
    said.set(place, model - data.starts[run]);
  }
  if (state.means >= 0) said.set("means", data.columns[state.means].name);
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
  const modelOf = (name, of) => {
    const run = data.runs.indexOf(said.get(name));
    if (run < 0) return -1;
    const [place = 0] = numbers(of), last = data.starts[run + 1] - data.starts[run] - 1;
    return data.starts[run] + Math.min(Math.max(Math.trunc(place), 0), last);
  };
  Object.assign(state, {model: modelOf("run", "model"), kept: modelOf("beside", "its model")});
  if (state.model < 0) state.kept = -1;
  state.means = growingColumns(data).find((column) => data.columns[column].name === said.get("means")) ?? -1;
  return state;
}
