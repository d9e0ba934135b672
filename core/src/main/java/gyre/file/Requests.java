package gyre.file;

import gyre.engine.AllocateFile;
import gyre.engine.CallFile;
import gyre.engine.ChangeName;
import gyre.engine.CloseFile;
import gyre.engine.OpenFile;
import gyre.engine.ReadFile;
import gyre.engine.StatFile;
import gyre.engine.SyncFile;
import gyre.engine.TruncateFile;
import gyre.engine.WriteFile;

/** Operations of the engine that tell a {@link Pending} of their end. */
final class Requests {
  private Requests() {}

  static OpenFile open(Pending pending) {
    return new OpenFile() {
      @Override
      public void ended(int result) {
        pending.ended(result);
      }
    };
  }

  static CloseFile close(Pending pending) {
    return new CloseFile() {
      @Override
      public void ended(int result) {
        pending.ended(result);
      }
    };
  }

  static StatFile stat(Pending pending) {
    return new StatFile() {
      @Override
      public void ended(int result) {
        pending.ended(result);
      }
    };
  }

  static SyncFile sync(Pending pending) {
    return new SyncFile() {
      @Override
      public void ended(int result) {
        pending.ended(result);
      }
    };
  }

  static ChangeName changeName(Pending pending) {
    return new ChangeName() {
      @Override
      public void ended(int result) {
        pending.ended(result);
      }
    };
  }

  static TruncateFile truncate(Pending pending) {
    return new TruncateFile() {
      @Override
      public void ended(int result) {
        pending.ended(result);
      }
    };
  }

  static AllocateFile allocate(Pending pending) {
    return new AllocateFile() {
      @Override
      public void ended(int result) {
        pending.ended(result);
      }
    };
  }

  static CallFile call(Pending pending) {
    return new CallFile() {
      @Override
      public void ended(int result) {
        pending.ended(result);
      }
    };
  }

  static ReadFile read(Pending pending) {
    return new ReadFile() {
      @Override
      public void ended(int result) {
        pending.ended(result);
      }
    };
  }

  static WriteFile write(Pending pending) {
    return new WriteFile() {
      @Override
      public void ended(int result) {
        pending.ended(result);
      }
    };
  }
}
