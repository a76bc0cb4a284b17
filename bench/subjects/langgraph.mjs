import { Annotation, END, START, StateGraph } from '@langchain/langgraph';
import { keepInFlight } from '../harness/rounds.mjs';

/** Invocations of a compiled graph of LangGraph.js, without a checkpointer. */
export default async function langgraph({ steps, inFlight }) {
  const graph = new StateGraph(Annotation.Root({ text: Annotation() }));
  for (let i = 0; i < steps; i++) graph.addNode(`s${i}`, ({ text }) => ({ text }));
  graph.addEdge(START, 's0');
  for (let i = 1; i < steps; i++) graph.addEdge(`s${i - 1}`, `s${i}`);
  const compiled = graph.addEdge(`s${steps - 1}`, END).compile();
  const once = async () => {
    const { text } = await compiled.invoke({ text: 'hello' });
    if (text !== 'hello') throw new Error('an invocation lost its text');
  };
  return { round: (ms) => keepInFlight(inFlight, ms, once), close: () => undefined };
}
