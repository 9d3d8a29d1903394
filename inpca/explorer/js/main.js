/* The page: its state, and what follows when it changes. */

class Page {
  constructor(data) {
    this.data = data;
    this.models = document.getElementById("models");
    this.overlay = document.getElementById("overlay");
    this.state = fromAddress(data, location.hash.slice(1));
    this.drawing = new Drawing(this.models, data);
    this.panel = new Panel(this);
    this.runPanel = new RunPanel(this);
    this.means = [];
    listen(this);
    new ResizeObserver(() => this.resize()).observe(this.models);
    addEventListener("hashchange", () => {
      this.state = fromAddress(data, location.hash.slice(1));
      this.changed();
    });
    document.getElementById("reset").onclick = () => this.whole();
    document.getElementById("save").onclick = () => savePicture(this);
    document.getElementById("copy").onclick = () => this.copy();
    this.resize();
    this.changed();
    this.drawing.measure(this.state, this.camera());
  }

  /** Take over some properties of the state. */
  change(properties) {
    Object.assign(this.state, properties);
    this.changed();
  }

  /** After a change of what is shown. */
  changed() {
    this.means = meansOf(this.data, this.state);
    this.drawing.show(this.state);
    this.panel.update();
    this.runPanel.update();
    this.moved(false);
  }

  /** After a change of the camera alone: draw once for each frame of the screen, and at rest say it in the address. */
  moved(moving = true) {
    clearTimeout(this.later);
    this.later = setTimeout(() => {
      history.replaceState(null, "", `#${toAddress(this.data, this.state)}`);
      if (this.drawing.slow) this.draw();
    }, 300);
    this.waiting ??= requestAnimationFrame(() => {
      this.waiting = null;
      this.draw(moving);
    });
  }

  draw(moving = false) {
    const camera = this.camera(), {clientWidth, clientHeight} = this.models, context = this.overlay.getContext("2d");
    this.drawing.draw(this.state, camera, moving);
    context.setTransform(this.overlay.width / clientWidth, 0, 0, this.overlay.height / clientHeight, 0, 0);
    drawOverlay(context, this.data, this.state, camera, this.means, [clientWidth, clientHeight]);
  }

  camera() {
    return cameraOf(this.data, this.state, this.models.clientWidth, this.models.clientHeight);
  }

  resize() {
    const pixel = Math.min(devicePixelRatio || 1, 2);
    for (const canvas of [this.models, this.overlay]) {
      canvas.width = Math.max(1, Math.round(this.models.clientWidth * pixel));
      canvas.height = Math.max(1, Math.round(this.models.clientHeight * pixel));
    }
    this.draw(); // at once: a canvas that is resized is empty
  }

  setEmbedding(embedding) {
    const count = this.data.embeddings[embedding].axes.length, fits = this.state.axes.every((axis) => axis < count);
    this.change({embedding, axes: fits ? this.state.axes : [0, 1, 2]});
  }

  /** Show an axis on a side; where it was, what was here. */
  setAxis(side, axis) {
    const axes = [...this.state.axes], other = axes.indexOf(axis);
    if (other >= 0) axes[other] = axes[side];
    axes[side] = axis;
    this.change({axes});
  }

  setView(view) {
    this.change({camera: {...view, zoom: 1, target: [0, 0, 0]}});
  }

  whole() {
    Object.assign(this.state.camera, {zoom: 1, target: [0, 0, 0]});
    this.moved();
  }

  /** The ends of the slider do not pass each other. */
  setCut(ends) {
    const cut = {...this.state.cut, ...ends};
    if (cut.from > cut.to) cut["from" in ends ? "to" : "from"] = "from" in ends ? cut.from : cut.to;
    this.change({cut});
  }

  /** Tell of the model at a place of the screen; once for each frame. */
  point(x, y) {
    this.at = [x, y];
    this.pointing ??= requestAnimationFrame(() => {
      this.pointing = null;
      const [left, top] = this.at, {data, state, models} = this, tip = document.getElementById("tip");
      const model = left < 0 ? -1 : this.drawing.pick(state, this.camera(), left, top);
      tip.hidden = model < 0;
      if (model >= 0) {
        tip.replaceChildren(element("strong", {}, data.runs[data.runOf[model]]), listOf(numbersOf(data, model)));
        tip.style.left = `${left < models.clientWidth / 2 ? left + 14 : Math.max(left - 14 - tip.offsetWidth, 0)}px`;
        tip.style.top = `${Math.max(Math.min(top + 14, models.clientHeight - tip.offsetHeight), 0)}px`;
      }
      if (model === state.pointed) return;
      state.pointed = model;
      this.draw();
    });
  }

  /** Choose the run of the model at a place of the screen; or put it beside the one that is chosen. */
  click(x, y, beside) {
    const model = this.drawing.pick(this.state, this.camera(), x, y);
    if (beside && this.state.model >= 0) this.change({kept: model});
    else this.choose(model);
  }

  /** Choose a model; a run that is kept stays beside it, until there is none to compare with. */
  choose(model) {
    this.change({model, kept: model < 0 ? -1 : this.state.kept});
  }

  /** Keep the run that is chosen, so that the next one is compared with it; or keep none. */
  keep() {
    const {model, kept} = this.state;
    this.change({kept: kept < 0 ? model : -1});
  }

  /** The last model of the next run that is shown. */
  nextRun(step) {
    const {data, state} = this, kept = keptRuns(data, state), n = data.runs.length;
    const from = state.model < 0 ? (step > 0 ? -1 : n) : data.runOf[state.model];
    for (let i = 1; i <= n; i++) {
      const run = (((from + i * step) % n) + n) % n;
      if (kept[run] && run !== data.runOf[state.kept]) return this.choose(data.starts[run + 1] - 1);
    }
    return undefined;
  }

  nextModel(step) {
    const {data, state} = this, model = state.model + step;
    if (state.model >= 0 && data.runOf[model] === data.runOf[state.model]) this.choose(model);
  }

  async copy() {
    history.replaceState(null, "", `#${toAddress(this.data, this.state)}`);
    const shown = document.getElementById("copy");
    try {
      await navigator.clipboard.writeText(location.href);
      shown.textContent = "Copied";
    } catch {
      shown.textContent = "In the address bar";
    }
    setTimeout(() => { shown.textContent = "Copy link"; }, 2000);
  }
}

unpack().then((data) => new Page(data)).catch((error) => {
  document.getElementById("shown").textContent = `The page cannot be shown: ${error.message}`;
  throw error;
});
