package gyre.net;

/**
 * Where a stream stands with the memory policy of its loop. While memory is plentiful every stream
 * is LIGHT, whatever it holds: nobody looks.
 *
 * <pre>
 *   LIGHT   --bytes stay over a turn--&gt;        HOLDING
 *   any     --asks for more than a little--&gt;   GRANTED, or WAITING for its turn
 *   WAITING --its turn has come--&gt;             GRANTED
 *   GRANTED --does not ask any more--&gt;         HOLDING
 *   any     --everything is consumed, sent--&gt;  LIGHT
 *   any     --stood still, others wait--&gt;      SHED, for good
 * </pre>
 */
enum MemoryState {
  LIGHT,
  HOLDING,
  GRANTED,
  WAITING,
  SHED
}
