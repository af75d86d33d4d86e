// Runs one model.tflite by LiteRT.js: a row of numbers by input name in, the output's values out.
import {loadAndCompile, loadLiteRt, Tensor} from '@litertjs/core';

const ARRAYS = {float32: Float32Array, int32: Int32Array};

// LiteRT.js itself reads the page of a 404 as if it were the model.
export async function fetchOk(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${response.statusText}`);
  return response;
}

// The function (row) => Promise<number[]> for a version as version.json describes it.
export async function loadModel(version) {
  const bytes = new Uint8Array(await (await fetchOk('model.tflite')).arrayBuffer());
  const digest = await sha256(bytes);
  if (digest !== version.sha256) throw new Error(`model.tflite has sha256 ${digest}, pushed was ${version.sha256}`);
  await loadLiteRt('/litert/wasm/');
  const model = await loadAndCompile(bytes, {accelerator: 'wasm'});
  // One call at a time: a model has one set of tensors.
  let last = Promise.resolve();
  return (row) => {
    const result = last.then(() => run(model, version, row));
    last = result.catch(() => {});
    return result;
  };
}

// Inputs go by name, since their order in the file is not the manifest's. Every tensor lies on the WebAssembly heap
// until it is deleted.
async function run(model, version, row) {
  const inputs = {};
  let outputs = {};
  try {
    for (const one of version.inputs) {
      inputs[one.name] = new Tensor(ARRAYS[one.dtype].of(value(one, row[one.name])), one.shape);
    }
    outputs = await model.run(inputs);
    return Array.from(await outputs[version.output.name].data());
  } finally {
    for (const tensor of [...Object.values(inputs), ...Object.values(outputs)]) tensor.delete();
  }
}

// An Int32Array would turn NaN into 0 and wrap what is too large, without a word.
function value(one, given) {
  if (one.dtype !== 'int32') return given ?? NaN;
  if (!Number.isInteger(given) || Math.abs(given) > 2147483647) throw new Error(`${one.source_column}: ${given} is no int32`);
  return given;
}

// Hexadecimal.
export async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
