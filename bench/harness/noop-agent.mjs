/** The agent of the service under load: does nothing. */
export default () => null;
