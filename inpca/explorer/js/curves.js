/* The run that is chosen, and the one beside it: factors, the models that were clicked, and curves of their columns. */

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
      if (run >= 0) page.choose(data.starts[run + 1] - 1);
    };
    this.told = element("div", {"aria-live": "polite"});
    section.append(element("h2", {}, "Run"), element("label", {className: "field"}, element("span", {}, "Name"), this.search), this.told);
  }

  update() {
    const {data, state} = this.page, {model, kept} = state;
    if (model === this.model && kept === this.kept) return;
    Object.assign(this, {model, kept});
    this.search.value = model < 0 ? "" : data.runs[data.runOf[model]];
    if (model < 0) {
      this.told.replaceChildren(element("p", {className: "hint"}, "Click a model, or type the name of a run, to see its settings and curves."));
      return;
    }
    const chosen = chosenModels(data, state), two = chosen.length > 1;
    const curves = data.curves.flatMap((curve) => (curve.columns[0] === 0 ? [] : curveOf(data, chosen, curve)));
    this.told.replaceChildren(
      ...chosen.map(([one, colour]) => element("h2", {}, ...(two ? [swatchOf(colour)] : []), data.runs[data.runOf[one]])),
      listOf(data.factors.map(({name, levels, codes}) => [name, ...chosen.map(([one]) => levels[codes[data.runOf[one]]])])),
      this.keeping(kept),
      element("h2", {}, chosen.map(([one]) => placeOf(data, one)).join(" and ")),
      listOf(data.columns.map(({name, values}) => [name, ...chosen.map(([one]) => written(values[one]))])),
      ...(curves.length ? [element("h2", {}, "Curves")] : []),
      ...curves,
    );
  }

  /** The button that keeps a run, to compare others with it. */
  keeping(kept) {
    const {data} = this.page, name = kept < 0 ? "" : data.runs[data.runOf[kept]];
    const button = element("button", {type: "button", onclick: () => this.page.keep()}, kept < 0 ? "Compare with another run" : `Compare no more with ${name}`);
    const chosen = chosenModels(data, this.page.state).length > 1;
    return element("p", {className: "hint"}, button, kept < 0 || chosen ? "" : " Choose the other run.");
  }
}

function placeOf(data, model) {
  const run = data.runOf[model];
  return `Model ${model - data.starts[run] + 1} of ${data.starts[run + 1] - data.starts[run]}`;
}

function swatchOf(colour) {
  const made = element("span", {className: "swatch"});
  made.style.background = colour;
  return made;
}

const numbersOf = (data, model) => data.columns.map(({name, values}) => [name, written(values[model])]);

/** Names with their values; of two, those that differ stand out. */
function listOf(rows) {
  return element("dl", {className: rows[0]?.length > 2 ? "two" : ""}, ...rows.flatMap(([name, ...values]) => {
    const className = new Set(values).size > 1 ? "differs" : "";
    return [element("dt", {}, name), ...values.map((value) => element("dd", {className}, value))];
  }));
}

function drawn(name, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Curves that belong together, against time; time has a logarithmic scale where it spans two orders.
    Parts are told apart by their dashes, and by colours, which tell runs apart where there are two. */
function curveOf(data, chosen, {name, columns}) {
  const time = data.columns[0], parts = columns.map((column) => data.columns[column]);
  const lines = chosen.flatMap(([model, own]) => {
    const [first, end] = [0, 1].map((next) => data.starts[data.runOf[model] + next]), times = time.values.subarray(first, end);
    return parts.map(({part, values}, i) => {
      const [colour, dashes] = PARTS[i % PARTS.length];
      return {part, times, values: values.subarray(first, end), at: model - first, run: data.runs[data.runOf[model]], colour: chosen.length > 1 ? own : colour, dashes};
    });
  });
  const all = (which) => lines.flatMap((line) => [...line[which]]);
  const across = axisOf(all("times"), LEFT, WIDE - 8, true), up = axisOf(all("values"), HIGH - BOTTOM, 20, false);
  const ways = lines.map(({times, values, colour, dashes}) => drawn("polyline", {
    points: [...values].map((value, j) => `${across.at(times[j]).toFixed(1)},${up.at(value).toFixed(1)}`).join(" "),
    fill: "none", stroke: colour, "stroke-width": 2, "stroke-dasharray": dashes,
  }));
  const marks = lines.map(({times, values, at, colour}) => drawn("circle", {cx: across.at(times[at]), cy: up.at(values[at]), r: 4, fill: colour, stroke: "#fff"}));
  const ticks = [
    ...up.ticks.map((tick) => drawn("text", {x: LEFT - 5, y: up.at(tick) + 4, "text-anchor": "end", fill: "#555"}, written(tick))),
    ...across.ticks.map((tick) => drawn("text", {x: across.at(tick), y: HIGH - 4, "text-anchor": "middle", fill: "#555"}, written(tick))),
  ];
  const key = parts.filter(({part}) => part).flatMap(({part}, i) => [" ", drawn("tspan", {fill: chosen.length > 1 ? "#555" : PARTS[i % PARTS.length][0]}, `${["—", "- -", "··", "-·"][i % 4]} ${part}`)]);
  const title = drawn("text", {x: 0, y: 11}, drawn("tspan", {"font-weight": "bold"}, name), ` against ${time.name}${across.bent ? " (log)" : ""}`, ...key);
  const frame = drawn("path", {d: `M${LEFT} 20V${HIGH - BOTTOM}H${WIDE - 8}`, fill: "none", stroke: "#999"});
  const told = lines.map(({part, values, run}) => `${[chosen.length > 1 ? run : "", part].filter(Boolean).map((word) => `${word} `).join("")}from ${written(values[0])} to ${written(values.at(-1))}`);
  return drawn("svg", {class: "curve", viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": `${name} against ${time.name}: ${told.join(", ")}`}, frame, title, ...ticks, ...ways, ...marks);
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
