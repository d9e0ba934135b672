package planted.gyre.io.codec;

import planted.gyre.Loop;

public abstract class Lines {
  abstract Loop codecThatKnowsALoop();
}
