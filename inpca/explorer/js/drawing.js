/* Models and the lines of their runs on the graphics card. Every coordinate of an axis lies behind the other in one
   buffer, so that another axis is another offset; a texture says of each run its colour and whether it is shown. */

const WIDTH = 1024; // of the texture
const MANY = 20000; // models from which on they are drawn finer
const MOVING = 40000; // models that are drawn while they move, where all take longer than a frame should
const LONG = 40; // milliseconds that a frame should take
const NEAR = 6; // pixels around the pointer in which a model is found

const VERTEX = `#version 300 es
precision highp float;
in float x, y, z, value, cut;
in uint run;
uniform mat4 view;
uniform vec3 middle;
uniform vec2 kept, range;
uniform float scale, size;
uniform bool byValue, points;
uniform sampler2D looks;
out vec4 look;
out float shown;
flat out uint model;
const vec3 COLOURS[5] = vec3[5](vec3(.267, .005, .329), vec3(.229, .322, .546), vec3(.128, .567, .551), vec3(.369, .789, .383), vec3(.993, .906, .144));
void main() {
  look = texelFetch(looks, ivec2(run % ${WIDTH}u, run / ${WIDTH}u), 0);
  shown = float(cut >= kept.x && cut <= kept.y);
  model = uint(gl_VertexID);
  if (byValue) {
    float at = clamp((value - range.x) / (range.y - range.x), 0., 1.) * 4.;
    look.rgb = mix(COLOURS[int(at)], COLOURS[min(int(at) + 1, 4)], fract(at));
  }
  gl_Position = view * vec4(middle + scale * vec3(x, y, z), 1);
  if (look.a == 0. || points && shown == 0.) gl_Position = vec4(2, 2, 2, 1);
  gl_PointSize = size;
}`;

const FRAGMENT = `#version 300 es
precision highp float;
in vec4 look;
in float shown;
flat in uint model;
uniform bool picking, points;
uniform float opacity;
out vec4 colour;
void main() {
  if (shown < 1. || points && length(gl_PointCoord - .5) > .5) discard;
  uint id = model + 1u;
  colour = picking ? vec4(id & 255u, id >> 8 & 255u, id >> 16 & 255u, id >> 24) / 255. : vec4(look.rgb, look.a * opacity);
}`;

class Drawing {
  constructor(canvas, data) {
    const gl = canvas.getContext("webgl2", {alpha: false, antialias: data.drawn < MANY});
    if (!gl) throw new Error("this browser does not have WebGL 2, with which the models are drawn");
    Object.assign(this, {gl, data, canvas, program: programOf(gl), uniforms: {}});
    const buffer = (array, kind = gl.ARRAY_BUFFER) => {
      const made = gl.createBuffer();
      gl.bindBuffer(kind, made);
      gl.bufferData(kind, array, gl.STATIC_DRAW);
      return made;
    };
    this.coordinates = data.embeddings.map(({coordinates}) => buffer(coordinates));
    this.columns = data.columns.map(({values}) => buffer(values));
    this.runs = buffer(data.runOf);
    this.lines = buffer(linesOf(data), gl.ELEMENT_ARRAY_BUFFER);
    this.looks = new Uint8Array(4 * WIDTH * Math.ceil((data.runs.length + 1) / WIDTH));
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    this.picked = pickedBuffer(gl);
    gl.blendFuncSeparate(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA, gl.ONE, gl.ONE);
    gl.clearColor(1, 1, 1, 1);
    gl.useProgram(this.program);
  }

  /** Colours of runs, transparent where filters leave them out, pale beside runs that are chosen and beside means. */
  show(state) {
    const {gl, data, looks} = this, {factor} = colouredBy(data, state), kept = keptRuns(data, state);
    const chosen = new Set(chosenModels(data, state).map(([model]) => data.runOf[model])), whole = !chosen.size && (state.means < 0 || !factor);
    const shades = factor?.colours.map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
    kept.forEach((shown, run) => {
      looks.set(factor ? shades[factor.codes[run]] : [0, 0, 0], 4 * run);
      looks[4 * run + 3] = !shown ? 0 : whole || chosen.has(run) ? 255 : 90;
    });
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, WIDTH, looks.length / 4 / WIDTH, 0, gl.RGBA, gl.UNSIGNED_BYTE, looks);
  }

  /** Draw all models as a camera sees them; on a slow machine, while it moves, every few of them and no lines. */
  draw(state, camera, moving = false) {
    const {gl, canvas, data} = this, dense = data.drawn > MANY, pixel = canvas.width / canvas.clientWidth;
    const every = moving && this.slow ? Math.ceil(data.drawn / MOVING) : 1;
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    this.bind(state, camera.matrix, every);
    gl.enable(gl.BLEND);
    gl.disable(gl.DEPTH_TEST);
    if (every === 1) this.pass({points: false, opacity: dense ? 0.2 : 0.3});
    gl.enable(gl.DEPTH_TEST);
    this.pass({points: true, opacity: 1, size: (dense ? 2 : 4) * pixel, every});
  }

  /** Find out whether this machine is slow. */
  measure(state, camera) {
    const {gl, data} = this, pixel = new Uint8Array(4);
    for (let turn = 0; turn < 2 && data.drawn > MOVING; turn++) { // the first compiles
      const start = performance.now();
      this.draw(state, camera);
      gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel); // waits until all is drawn
      this.slow = performance.now() - start > LONG;
    }
  }

  /** The model at a place of the screen, in its pixels; -1 if there is none. */
  pick(state, camera, x, y) {
    const {gl, canvas, picked} = this, width = 2 * NEAR + 1;
    const sides = [canvas.clientWidth / width, canvas.clientHeight / width];
    const at = [1 - (2 * x) / canvas.clientWidth, (2 * y) / canvas.clientHeight - 1];
    const near = Float32Array.from(camera.matrix, (entry, i) => (i % 4 < 2 ? sides[i % 4] * (entry + at[i % 4] * camera.matrix[i - (i % 4) + 3]) : entry));
    gl.bindFramebuffer(gl.FRAMEBUFFER, picked);
    gl.viewport(0, 0, width, width);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    this.bind(state, near);
    gl.disable(gl.BLEND);
    gl.enable(gl.DEPTH_TEST);
    if (!this.slow) this.pass({points: false, picking: true});
    gl.clear(gl.DEPTH_BUFFER_BIT); // a point goes before the line through it
    this.pass({points: true, picking: true, size: 5});
    const bytes = new Uint8Array(4 * width * width);
    gl.readPixels(0, 0, width, width, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.clearColor(1, 1, 1, 1);
    let [found, nearest] = [-1, Infinity];
    new Uint32Array(bytes.buffer).forEach((id, i) => {
      const far = Math.hypot((i % width) - NEAR, Math.floor(i / width) - NEAR);
      if (id && far < nearest) [found, nearest] = [id - 1, far];
    });
    return found;
  }

  /** Which numbers the program takes, of every few models. */
  bind(state, matrix, every = 1) {
    const {gl, data} = this, {scale, middle} = data.embeddings[state.embedding], {column} = colouredBy(data, state);
    const attribute = (name, buffer, kind, offset = 0) => {
      const place = gl.getAttribLocation(this.program, name);
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.enableVertexAttribArray(place);
      if (kind === gl.UNSIGNED_INT) gl.vertexAttribIPointer(place, 1, kind, 4 * every, 0);
      else gl.vertexAttribPointer(place, 1, kind, kind === gl.SHORT, (kind === gl.SHORT ? 2 : 4) * every, offset);
    };
    state.axes.forEach((axis, i) => attribute("xyz"[i], this.coordinates[state.embedding], gl.SHORT, 2 * axis * data.models));
    attribute("run", this.runs, gl.UNSIGNED_INT);
    attribute("cut", this.columns[state.cut.column], gl.FLOAT);
    attribute("value", this.columns[column ? data.columns.indexOf(column) : 0], gl.FLOAT);
    gl.uniformMatrix4fv(this.uniform("view"), false, matrix);
    gl.uniform3fv(this.uniform("middle"), state.axes.map((axis) => middle[axis]));
    gl.uniform1f(this.uniform("scale"), scale);
    const finite = (number) => Math.min(Math.max(number, -3e38), 3e38);
    gl.uniform2f(this.uniform("kept"), finite(state.cut.from), finite(state.cut.to));
    gl.uniform1i(this.uniform("byValue"), column ? 1 : 0);
    if (column) gl.uniform2f(this.uniform("range"), column.from, Math.max(column.to, column.from + 1e-30));
  }

  pass({points, picking = false, opacity = 1, size = 1, every = 1}) {
    const {gl, data} = this;
    gl.uniform1i(this.uniform("points"), points);
    gl.uniform1i(this.uniform("picking"), picking);
    gl.uniform1f(this.uniform("opacity"), opacity);
    gl.uniform1f(this.uniform("size"), size);
    if (points) gl.drawArrays(gl.POINTS, 0, Math.ceil(data.drawn / every));
    else gl.drawElements(gl.LINE_STRIP, data.drawn + data.runs.length, gl.UNSIGNED_INT, 0);
  }

  uniform(name) {
    return (this.uniforms[name] ??= this.gl.getUniformLocation(this.program, name));
  }
}

function programOf(gl) {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
  return program;
}

/** A small picture off the screen, in which colours are numbers of models. */
function pickedBuffer(gl) {
  const made = gl.createFramebuffer();
  gl.bindFramebuffer(gl.FRAMEBUFFER, made);
  for (const [place, format] of [[gl.COLOR_ATTACHMENT0, gl.RGBA8], [gl.DEPTH_ATTACHMENT, gl.DEPTH_COMPONENT16]]) {
    const buffer = gl.createRenderbuffer();
    gl.bindRenderbuffer(gl.RENDERBUFFER, buffer);
    gl.renderbufferStorage(gl.RENDERBUFFER, format, 2 * NEAR + 1, 2 * NEAR + 1);
    gl.framebufferRenderbuffer(gl.FRAMEBUFFER, place, gl.RENDERBUFFER, buffer);
  }
  gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  return made;
}

/** Models run by run, with a mark after each run at which its line ends. */
function linesOf({drawn, runs, runOf}) {
  const lines = new Uint32Array(drawn + runs.length).fill(0xffffffff);
  for (let model = 0; model < drawn; model++) lines[model + runOf[model]] = model;
  return lines;
}
