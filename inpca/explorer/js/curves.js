/* The run that is chosen: its factors, the model that was clicked, and curves of its columns. */

const PARTS = [["#0072b2", ""], ["#d55e00", "5 3"], ["#009e73", "2 2"], ["#000", "8 3 2 3"]];
const [WIDE, HIGH, LEFT, BOTTOM] = [270, 120, 42, 18];

class RunPanel {
  constructor(page) {
    this.page = page;
    const {data} = page, section = document.getElementById("run");
    const list = element("datalist", {id: "runs"}, ...data.runs.map((name) => new Option(name)));
    this.search = element("input", {type: "text", autocomplete: "off", "aria-label": "Name of a run"});
    this.search.setAttribute("list", "runs");
    this.search.onchange = () => {
      const run = data.runs.indexOf(this.search.value);
      if (run >= 0) page.change({model: data.starts[run + 1] - 1});
    };
    this.told = element("div", {"aria-live": "polite"});
    section.append(element("h2", {}, "Run"), element("label", {className: "field"}, element("span", {}, "Name"), this.search), this.told);
  }

  update() {
    const {data, state} = this.page, {model} = state;
    if (model === this.model) return;
    this.model = model;
    this.search.value = model < 0 ? "" : data.runs[data.runOf[model]];
    if (model < 0) {
      this.told.replaceChildren(element("p", {className: "hint"}, "Click a model, or type the name of a run, to see its settings and curves."));
      return;
    }
    const run = data.runOf[model], place = model - data.starts[run] + 1, of = data.starts[run + 1] - data.starts[run];
    const curves = data.curves.flatMap((curve) => (curve.columns[0] === 0 ? [] : curveOf(data, run, model, curve)));
    this.told.replaceChildren(
      element("h2", {}, data.runs[run]),
      listOf(data.factors.map(({name, levels, codes}) => [name, levels[codes[run]]])),
      element("h2", {}, `Model ${place} of ${of}`),
      listOf(numbersOf(data, model)),
      ...(curves.length ? [element("h2", {}, "Curves")] : []),
      ...curves,
    );
  }
}

const numbersOf = (data, model) => data.columns.map(({name, values}) => [name, written(values[model])]);

function listOf(pairs) {
  return element("dl", {}, ...pairs.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
}

function drawn(name, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Curves that belong together, against time; time has a logarithmic scale where it spans two orders. */
function curveOf(data, run, model, {name, columns}) {
  const [first, end] = [data.starts[run], data.starts[run + 1]], time = data.columns[0];
  const parts = columns.map((column) => data.columns[column]), times = time.values.subarray(first, end);
  const numbers = parts.map(({values}) => values.subarray(first, end));
  const across = axisOf(times, LEFT, WIDE - 8, true), up = axisOf(numbers.flatMap((part) => [...part]), HIGH - BOTTOM, 20, false);
  const lines = numbers.map((part, i) => drawn("polyline", {
    points: [...part].map((value, j) => `${across.at(times[j]).toFixed(1)},${up.at(value).toFixed(1)}`).join(" "),
    fill: "none", stroke: PARTS[i % PARTS.length][0], "stroke-width": 2, "stroke-dasharray": PARTS[i % PARTS.length][1],
  }));
  const marks = numbers.map((part, i) => drawn("circle", {cx: across.at(times[model - first]), cy: up.at(part[model - first]), r: 4, fill: PARTS[i % PARTS.length][0], stroke: "#fff"}));
  const ticks = [
    ...up.ticks.map((tick) => drawn("text", {x: LEFT - 5, y: up.at(tick) + 4, "text-anchor": "end", fill: "#555"}, written(tick))),
    ...across.ticks.map((tick) => drawn("text", {x: across.at(tick), y: HIGH - 4, "text-anchor": "middle", fill: "#555"}, written(tick))),
  ];
  const key = parts.filter(({part}) => part).flatMap(({part}, i) => [" ", drawn("tspan", {fill: PARTS[i % PARTS.length][0]}, `${["—", "- -", "··", "-·"][i % 4]} ${part}`)]);
  const title = drawn("text", {x: 0, y: 11}, drawn("tspan", {"font-weight": "bold"}, name), ` against ${time.name}${across.bent ? " (log)" : ""}`, ...key);
  const frame = drawn("path", {d: `M${LEFT} 20V${HIGH - BOTTOM}H${WIDE - 8}`, fill: "none", stroke: "#999"});
  const told = parts.map(({part, values}) => `${part ? `${part} ` : ""}from ${written(values[first])} to ${written(values[end - 1])}`);
  return drawn("svg", {class: "curve", viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": `${name} against ${time.name}: ${told.join(", ")}`}, frame, title, ...ticks, ...lines, ...marks);
}

/** A scale between two places, with its least and largest number and one between; zero of a logarithmic one is its start. */
function axisOf(values, from, to, mayBend) {
  const [low, high] = [Math.min(...values), Math.max(...values)], least = Math.min(...[...values].filter((value) => value > 0));
  const bent = mayBend && low >= 0 && high > 100 * least;
  const bend = (value) => (bent ? Math.log(Math.max(value, least / 2)) : value);
  const [start, length] = [bend(low), bend(high) - bend(low) || 1];
  const at = (value) => from + ((bend(value) - start) / length) * (to - from);
  return {at, bent, ticks: bent ? [low, Math.sqrt(least * high), high] : low < high ? [low, high] : [low]};
}
