// What the check of types has to know beyond the scripts themselves; the browser never sees it.
/** onnxruntime-web, which the file has in front of the worker's script. */
declare const ort: any;
