/* Controls: which embedding and axes, what colours say, which runs and models are left out. */

class Panel {
  constructor(page) {
    this.page = page;
    const {data} = page, controls = document.getElementById("controls");
    this.embedding = this.choice("Embedding", data.embeddings.map(({name}, i) => [i, name]), (value) => page.setEmbedding(Number(value)));
    this.axes = ["Axis 1", "Axis 2", "Axis 3"].map((name, side) => this.choice(name, [], (value) => page.setAxis(side, Number(value))));
    this.colour = this.choice("Colour", [], (value) => page.change({colour: value}));
    for (const [title, kind, list] of [["Factors of runs", "factor", data.factors], ["Numbers of models", "column", data.columns]]) {
      if (list.length) this.colour.append(element("optgroup", {label: title}, ...list.map(({name}, i) => new Option(name, `${kind} ${i}`))));
    }
    this.means = this.choice("Means", [[-1, "none"], ...growingColumns(data).map((i) => [i, `at equal ${data.columns[i].name}`])], (value) => page.change({means: Number(value)}));
    this.cut = this.choice("Only", data.columns.map(({name}, i) => [i, name]), (value) => page.setCut({column: Number(value), from: -Infinity, to: Infinity}));
    this.sliders = ["from", "to"].map((end) => this.slider(end));
    const fields = [data.embeddings.length > 1 ? this.embedding : null, ...this.axes, this.colour, data.factors.length ? this.means : null, this.cut].filter(Boolean);
    controls.append(element("h2", {}, "What is shown"), ...fields.map((field) => field.parentNode), ...this.sliders.map(({field}) => field));
    controls.append(element("h2", {}, "Runs"));
    this.levels = data.factors.map((factor, i) => this.filter(factor, i, controls));
    this.views = Object.entries(VIEWS).map(([name, view]) => {
      const button = element("button", {type: "button", onclick: () => page.setView(view)});
      button.dataset.view = name;
      return button;
    });
    document.getElementById("views").replaceWith(...this.views);
  }

  choice(name, options, chosen) {
    const select = element("select", {onchange: () => chosen(select.value)}, ...options.map(([value, text]) => new Option(text, value)));
    element("label", {className: "field"}, element("span", {}, name), select);
    return select;
  }

  slider(end) {
    const range = element("input", {type: "range", min: 0, max: 1000, step: 1, "aria-label": `${end === "from" ? "least" : "largest"} value`});
    const shown = element("output");
    range.oninput = () => {
      const {low, high} = this.cutColumn(), open = Number(range.value) === (end === "from" ? 0 : 1000);
      this.page.setCut({[end]: open ? (end === "from" ? -Infinity : Infinity) : low + (range.value / 1000) * (high - low)});
    };
    return {end, range, shown, field: element("label", {className: "field"}, element("span", {}, end, " ", shown), range)};
  }

  cutColumn() {
    return this.page.data.columns[this.page.state.cut.column];
  }

  filter(factor, i, controls) {
    const boxes = factor.levels.map((level, code) => element("input", {type: "checkbox", onchange: ({target}) => {
      this.page.state.hidden[i][target.checked ? "delete" : "add"](code);
      this.page.changed();
    }}));
    const swatches = factor.levels.map((_, code) => {
      const swatch = element("span", {className: "swatch"});
      swatch.style.background = factor.colours[code];
      return swatch;
    });
    const all = (name, codes) => element("button", {type: "button", "aria-label": `${name} of ${factor.name}`, onclick: () => {
      this.page.state.hidden[i] = new Set(codes);
      this.page.changed();
    }}, name);
    const labels = factor.levels.map((level, code) => element("label", {}, boxes[code], swatches[code], level));
    const buttons = [all("all", []), all("none", factor.levels.keys())];
    controls.append(element("fieldset", {}, element("legend", {}, factor.name, ...buttons), element("div", {className: "levels"}, ...labels)));
    return {boxes, swatches};
  }

  /** Show what the state is. */
  update() {
    const {data, state} = this.page, {factor} = colouredBy(data, state), {axes} = data.embeddings[state.embedding];
    this.embedding.value = state.embedding;
    this.axes.forEach((select, side) => {
      select.replaceChildren(...axes.map((name, axis) => new Option(name, axis)));
      select.value = state.axes[side];
    });
    this.colour.value = state.colour;
    this.means.value = state.means;
    this.means.disabled = !factor;
    this.cut.value = state.cut.column;
    const {low, high} = this.cutColumn();
    this.sliders.forEach(({end, range, shown}) => {
      const value = Math.min(Math.max(state.cut[end], low), high);
      range.value = high > low ? (1000 * (value - low)) / (high - low) : end === "from" ? 0 : 1000;
      shown.value = written(value);
      range.setAttribute("aria-valuetext", written(value));
    });
    this.levels.forEach(({boxes, swatches}, i) => boxes.forEach((box, code) => {
      box.checked = !state.hidden[i].has(code);
      swatches[code].hidden = data.factors[i] !== factor;
    }));
    const [first, second, third] = state.axes.map((axis) => `PC${axis + 1}`);
    const names = {perspective: "3-D", above: `${first} × ${second}`, front: `${first} × ${third}`, side: `${second} × ${third}`};
    this.views.forEach((button) => { button.textContent = names[button.dataset.view]; });
    document.getElementById("legend").replaceChildren(...legendOf(data, state));
    this.count();
  }

  /** How many runs and models are shown. */
  count() {
    const {data, state} = this.page, kept = keptRuns(data, state);
    let models = 0;
    for (let model = 0; model < data.drawn; model++) models += kept[data.runOf[model]] && isKept(data, state, model);
    const [runs, ofRuns, of] = [kept.filter(Boolean).length, data.runs.length, data.drawn].map((n) => n.toLocaleString("en"));
    document.getElementById("shown").textContent = `${runs} of ${ofRuns} runs, ${models.toLocaleString("en")} of ${of} models shown`;
  }
}

/** What colours say: levels of a factor, or a scale of numbers whose ends stand for all beyond. */
function legendOf(data, state) {
  const {factor, column} = colouredBy(data, state);
  const swatch = (className, background) => {
    const made = element("span", {className});
    made.style.background = background;
    return made;
  };
  const ends = data.models > data.drawn ? [element("span", {}, swatch("swatch", "#000"), "geodesic P₀ (ignorance) to P* (truth)")] : [];
  if (factor) {
    const levels = factor.levels.map((level, code) => element("span", {}, swatch("swatch", factor.colours[code]), level));
    return [element("strong", {}, factor.name), ...levels, ...ends];
  }
  const scale = swatch("scale", "linear-gradient(90deg, #440154, #3a528b, #21918c, #5ec962, #fde725)");
  const [from, to] = [column.from > column.low ? "≤ " : "", column.to < column.high ? "≥ " : ""];
  return [element("strong", {}, column.name), element("span", {}, from + written(column.from)), scale, element("span", {}, to + written(column.to)), ...ends];
}
