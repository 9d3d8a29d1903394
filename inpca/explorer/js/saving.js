/* The picture as a file, with title and legend. */

const RIM = 16;

async function savePicture(page) {
  const {models, overlay, data, state} = page, scale = models.width / models.clientWidth;
  const [width, height] = [models.clientWidth, models.clientHeight], lines = legendLines(data, state, width - 2 * RIM);
  const canvas = element("canvas", {width: models.width, height: Math.round((height + 36 + 22 * lines.length + RIM) * scale)});
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, canvas.height);
  page.draw(); // in the same task, while the card still has the picture
  context.drawImage(models, 0, 36, width, height);
  context.drawImage(overlay, 0, 36, width, height);
  write(context, data.title, RIM, 20, "#1a1a1a", "bold 15px");
  lines.forEach((line, i) => line.forEach(({x, text, colour}) => {
    const y = height + 48 + 22 * i;
    if (colour) disc(context, [x + 6, y], 5, colour);
    write(context, text, x + (colour ? 16 : 0), y, "#1a1a1a", colour ? "13px" : "bold 13px");
  }));
  const picture = await new Promise((done) => canvas.toBlob(done, "image/png"));
  const link = element("a", {href: URL.createObjectURL(picture), download: "explorer.png"});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function write(context, text, x, y, colour, font) {
  Object.assign(context, {font: `${font} system-ui, sans-serif`, fillStyle: colour, textAlign: "left", textBaseline: "middle"});
  context.fillText(text, x, y);
}

/** Entries of the legend, broken into lines. */
function legendLines(data, state, width) {
  const {factor, column} = colouredBy(data, state);
  const entries = factor
    ? [{text: factor.name}, ...factor.levels.map((text, code) => ({text, colour: factor.colours[code]}))]
    : [{text: column.name}, ...[0, 0.5, 1].map((part) => ({text: written(column.from + part * (column.to - column.from)), colour: ["#440154", "#21918c", "#fde725"][2 * part]}))];
  const lines = [[]];
  let x = 0;
  for (const entry of entries) {
    const wide = 30 + 7.5 * entry.text.length;
    if (x > 0 && x + wide > width) [x] = [0, lines.push([])];
    lines.at(-1).push({...entry, x: RIM + x});
    x += wide;
  }
  return lines;
}
