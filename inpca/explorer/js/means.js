/* Mean trajectories of the levels of a factor: mean coordinates of their runs at equal values of a column that grows. */

const POINTS = 60; // of a mean
const GROWN = 0.9; // part of the runs at whose end a column must be larger than at their start

/** Columns that grow along runs, such as time and progress, at equal values of which runs can be averaged. */
function growingColumns(data) {
  return [...data.columns.keys()].filter((i) => {
    const {values} = data.columns[i];
    const grown = data.runs.filter((_, run) => values[data.starts[run + 1] - 1] > values[data.starts[run]]);
    return grown.length >= GROWN * data.runs.length;
  });
}

/** Models of a run that are shown and further than all before them. */
function forward(data, state, run, values) {
  const models = [];
  for (let model = data.starts[run], furthest = -Infinity; model < data.starts[run + 1]; model++) {
    if (!isKept(data, state, model) || values[model] <= furthest) continue;
    furthest = values[model];
    models.push(model);
  }
  return models;
}

/** Points of the mean of each level that has runs that are shown; a run counts with its ends where it does not go. */
function meansOf(data, state) {
  const {factor} = colouredBy(data, state);
  if (state.means < 0 || !factor) return [];
  const {values} = data.columns[state.means], kept = keptRuns(data, state);
  return factor.levels.flatMap((_, code) => {
    const ways = data.runs.map((_, run) => (kept[run] && factor.codes[run] === code ? forward(data, state, run, values) : [])).filter((way) => way.length);
    if (!ways.length) return [];
    const low = Math.min(...ways.map((way) => values[way[0]])), high = Math.max(...ways.map((way) => values[way.at(-1)]));
    const points = [...Array(POINTS).keys()].map(() => [0, 0, 0]);
    for (const way of ways) addWay(points, data, state, way, values, [low, high], ways.length);
    return [{colour: factor.colours[code], points}];
  });
}

/** Add a run, interpolated between its models, to the points of a mean. */
function addWay(points, data, state, way, values, [low, high], count) {
  let next = 0;
  points.forEach((point, i) => {
    const at = low + ((high - low) * i) / (POINTS - 1);
    while (next < way.length && values[way[next]] < at) next++;
    const [after, before] = [way[Math.min(next, way.length - 1)], way[Math.max(Math.min(next, way.length) - 1, 0)]];
    const part = after === before ? 0 : (at - values[before]) / (values[after] - values[before]);
    state.axes.forEach((axis, side) => {
      const [from, to] = [before, after].map((model) => coordinate(data, state.embedding, axis, model));
      point[side] += (from + part * (to - from)) / count;
    });
  });
}
