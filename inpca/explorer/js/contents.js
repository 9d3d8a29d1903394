/* What the page holds: a header, and the arrays that it names in one compressed block. */

const KINDS = {uint32: Uint32Array, float32: Float32Array, int16: Int16Array};

async function unpack() {
  const data = JSON.parse(document.getElementById("header").textContent);
  const text = atob(document.getElementById("block").textContent);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const block = await new Response(stream).arrayBuffer();
  for (const [name, {type, offset, length}] of Object.entries(data.arrays)) {
    data.arrays[name] = new KINDS[type](block, offset, length);
  }
  const {starts, run} = data.arrays;
  data.columns.forEach((column, i) => {
    column.values = data.arrays[`column${i}`];
    Object.assign(column, extent(column.values.subarray(0, starts[data.runs.length])));
  });
  data.embeddings.forEach((embedding, i) => { embedding.coordinates = data.arrays[`embedding${i}`]; });
  return Object.assign(data, {starts, runOf: run, models: run.length, drawn: starts[data.runs.length]});
}

/** Least and largest number, and the part in the middle that colours tell apart. */
function extent(values) {
  const sorted = Float32Array.from(values).sort();
  const at = (part) => sorted[Math.round(part * (sorted.length - 1))];
  return {low: at(0), high: at(1), from: at(0.02), to: at(0.98)};
}

/** Where a model is on one axis, in the unit of the embedding. */
function coordinate(data, embedding, axis, model) {
  const {coordinates, scale, middle} = data.embeddings[embedding];
  return middle[axis] + (coordinates[axis * data.models + model] / 32767) * scale;
}

/** A number to three digits, as it is read. */
function written(number) {
  return String(Number(number.toPrecision(3)));
}

/** An element of HTML with properties, attributes named with a dash, and children; text never is read as HTML. */
function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-")) made.setAttribute(key, value);
    else made[key] = value;
  }
  made.append(...children);
  return made;
}
