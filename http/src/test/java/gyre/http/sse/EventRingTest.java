package gyre.http.sse;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class EventRingTest {
  private static final int EVENTS = 300_000;
  private static final byte[] BYTES = new byte[10];

  /** Who has seen the second of two with one id must not be sent what stood between them again. */
  @Test
  void shouldFindTheNewestOfEqualIds() {
    EventRing ring = new EventRing(10, 1000);
    ring.add("a", BYTES);
    ring.add("b", BYTES);
    ring.add("a", BYTES);
    ring.add(null, BYTES);
    assertThat(ring.placeOf("a")).isEqualTo(3);
    assertThat(ring.placeOf("b")).isEqualTo(2);
    assertThat(ring.placeOf("c")).isEqualTo(-1);
  }

  @Test
  void shouldTellWhatIsMissed() {
    EventRing ring = new EventRing(2, 1000);
    assertThat(ring.after(0, 1000).missed()).isZero();
    for (int i = 0; i < 5; i++) {
      ring.add(null, BYTES);
    }
    EventRing.Batch batch = ring.after(1, 1000);
    assertThat(batch.missed()).isEqualTo(2);
    assertThat(batch.events()).extracting(EventRing.Kept::place).containsExactly(4L, 5L);
    assertThat(ring.after(3, 1000).missed()).isZero();
    assertThat(ring.after(5, 1000).events()).isEmpty();
  }

  /** Events go out of the ring while somebody looks. */
  @Test
  void shouldTellWhatIsMissedWhileOthersPublish() throws InterruptedException {
    EventRing ring = new EventRing(3, 1000);
    Thread publisher =
        Thread.ofPlatform()
            .start(() -> {
              for (int i = 0; i < EVENTS; i++) {
                ring.add(null, BYTES);
              }
            });
    long place = 0;
    while (place < EVENTS) {
      EventRing.Batch batch = ring.after(place, 1000);
      for (EventRing.Kept each : batch.events()) {
        if (each == batch.events().getFirst()) {
          place += batch.missed();
        }
        assertThat(each.place()).isEqualTo(++place);
      }
    }
    publisher.join();
  }
}
