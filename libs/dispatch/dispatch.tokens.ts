export const DISPATCH_OPTIONS = Symbol('nest-orchestra.dispatch.options');
