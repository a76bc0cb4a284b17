import { runServiceProcess } from './service-process.js';

await runServiceProcess((code) => process.exit(code), process.env);
