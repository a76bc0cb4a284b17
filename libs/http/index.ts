export { HttpClient, type HttpClientRequest, type HttpClientResponse } from './client/http-client.js';
export { HttpClientModule } from './client/http-client.module.js';
export { httpClientOptionsSchema, type HttpClientOptions } from './client/http-client-options.js';
export { createFastifyAdapter } from './server/create-fastify-adapter.js';
export { HttpDrain } from './server/http-drain.js';
export { httpServerOptionsSchema, type HttpServerOptions } from './server/http-server-options.js';
export {
  HTTP_SERVER_PROBLEMS,
  HttpServerError,
  type HttpServerErrorCode,
} from './server/http-server.errors.js';
export {
  PROBLEM_MEDIA_TYPE,
  encodeProblem,
  instanceOf,
  problemDetails,
  type ProblemDetails,
} from './server/problem-details.js';
