package gyre.queue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class SpoolBackendTest extends BackendConformance {
  @Override
  Backend open() {
    return Backend.spool(directory);
  }

  @Override
  List<String> query(String sql) {
    return new WorkerRig(directory).query(sql);
  }

  @Override
  Path workerDirectory() {
    return directory;
  }

  @Override
  String insertOrder() {
    return "rowid";
  }
}
