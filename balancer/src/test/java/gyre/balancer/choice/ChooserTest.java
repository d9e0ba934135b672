package gyre.balancer.choice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each algorithm against what its theory says. */
final class ChooserTest {
  private final RandomGenerator random = new SplittableRandom(7);
  private final Ballot ballot = new Ballot();

  private void fill(int[] weights, int[] loads) {
    ballot.clear();
    for (int i = 0; i < weights.length; i++) {
      ballot.add(Hashes.of("target-" + i), weights[i], weights[i], loads[i]);
    }
  }

  private int[] counts(Chooser chooser, int[] weights, int choices, boolean keeps) {
    int[] counts = new int[weights.length];
    for (int c = 0; c < choices; c++) {
      fill(weights, keeps ? counts : new int[weights.length]);
      counts[chooser.choose(ballot, c, random)]++;
    }
    return counts;
  }

  @ParameterizedTest
  @EnumSource
  void shouldChooseNobodyWhereNobodyIsOpen(Algorithm algorithm) {
    Chooser chooser = algorithm.create();
    ballot.clear();
    assertThat(chooser.choose(ballot, 1, random)).isEqualTo(Ballot.NONE);
    fill(new int[] {0, 0, 0}, new int[3]);
    assertThat(chooser.choose(ballot, 1, random)).isEqualTo(Ballot.NONE);
  }

  @ParameterizedTest
  @EnumSource
  void shouldNeverChooseTheClosedAndReachAllOthers(Algorithm algorithm) {
    Chooser chooser = algorithm.create();
    SplittableRandom changes = new SplittableRandom(11);
    for (int round = 0; round < 200; round++) {
      int size = 1 + changes.nextInt(12);
      boolean[] isOpen = new boolean[size];
      ballot.clear();
      for (int i = 0; i < size; i++) {
        int share = changes.nextInt(3) == 0 ? 0 : 1 + changes.nextInt(4);
        int weight = changes.nextInt(4) == 0 ? 0 : share;
        isOpen[i] = weight > 0;
        ballot.add(i * 77L, weight, share, changes.nextInt(50));
      }
      for (int c = 0; c < 20; c++) {
        int chosen = chooser.choose(ballot, changes.nextLong(), random);
        if (ballot.totalWeight() == 0) {
          assertThat(chosen).isEqualTo(Ballot.NONE);
        } else {
          assertThat(isOpen[chosen]).as("target %d of round %d", chosen, round).isTrue();
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void shouldGiveEachTargetItsPart(Algorithm algorithm) {
    int[] weights = {1, 1, 1, 1, 1};
    int[] counts = counts(algorithm.create(), weights, 50_000, true);
    for (int count : counts) {
      assertThat(count).isBetween(9_000, 11_500);
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "ROUND_ROBIN")
  void shouldHeedWeights(Algorithm algorithm) {
    int[] counts = counts(algorithm.create(), new int[] {4, 2, 1, 1}, 40_000, true);
    assertThat(counts[0]).isBetween(17_000, 23_000);
    assertThat(counts[1]).isBetween(8_500, 11_900);
    assertThat(counts[2]).isBetween(4_200, 6_200);
    assertThat(counts[3]).isBetween(4_200, 6_200);
  }

  @ParameterizedTest
  @EnumSource(names = {"SOURCE_HASH", "CONSISTENT_HASH", "MAGLEV"})
  void shouldSendTheSameClientToTheSameTarget(Algorithm algorithm) {
    Chooser one = algorithm.create();
    Chooser other = algorithm.create(); // of another loop, or another process
    for (long key = 0; key < 1000; key++) {
      fill(new int[] {1, 2, 3, 1}, new int[4]);
      int chosen = one.choose(ballot, key, random);
      assertThat(other.choose(ballot, key, new SplittableRandom(key))).isEqualTo(chosen);
    }
  }

  @Test
  void shouldTakeTurnsInRoundRobin() {
    RoundRobin chooser = new RoundRobin();
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      fill(new int[] {1, 9, 1}, new int[3]);
      order.add(chooser.choose(ballot, 0, random));
    }
    assertThat(order).containsExactly(0, 1, 2, 0, 1, 2);
  }

  @Test
  void shouldSpreadTheTurnsOfAHeavyTarget() {
    SmoothWeighted chooser = new SmoothWeighted();
    StringBuilder order = new StringBuilder();
    for (int i = 0; i < 14; i++) {
      fill(new int[] {5, 1, 1}, new int[3]);
      order.append((char) ('a' + chooser.choose(ballot, 0, random)));
    }
    assertThat(order.toString()).isEqualTo("aabacaaaabacaa"); // as nginx documents it
  }

  @Test
  void shouldTakeTheLeastLoadedForItsWeight() {
    fill(new int[] {1, 4, 2}, new int[] {3, 9, 7});
    assertThat(new LeastConnections().choose(ballot, 0, random)).isEqualTo(1);
  }

  /** The most loaded of n has ln ln n / ln 2 more than the average with two choices: here 2.2. */
  @Test
  void shouldKeepTheMostLoadedNearTheAverageByTwoChoices() {
    int[] weights = new int[100];
    java.util.Arrays.fill(weights, 1);
    int[] two = counts(new TwoChoices(), weights, 10_000, true);
    int[] one = new int[100];
    for (int i = 0; i < 10_000; i++) {
      one[random.nextInt(100)]++;
    }
    assertThat(java.util.Arrays.stream(two).max().orElseThrow()).isLessThanOrEqualTo(104);
    assertThat(java.util.Arrays.stream(one).max().orElseThrow()).isGreaterThan(110);
  }

  @Test
  void shouldBoundTheLoadOfAnyTargetInTheRing() {
    HashRing ring = new HashRing();
    int[] loads = new int[10];
    int[] weights = new int[10];
    java.util.Arrays.fill(weights, 1);
    for (int i = 0; i < 5_000; i++) {
      fill(weights, loads);
      loads[ring.choose(ballot, i % 3, random)]++; // three clients make all connections
      int most = java.util.Arrays.stream(loads).max().orElseThrow();
      assertThat(most).isLessThanOrEqualTo((int) Math.ceil(HashRing.BOUND * (i + 1) / 10));
    }
  }

  @Test
  void shouldMoveFewClientsOfARing() {
    assertThat(moved(new HashRing())).isBetween(300L, 2_000L);
  }

  @Test
  void shouldMoveAtMostTwoPercentOfMaglevWhenOneOfAHundredLeaves() {
    assertThat(moved(new Maglev())).isBetween(900L, 2_000L);
    assertThat(moved(new SourceHash())).as("of a plain hash nearly all move").isGreaterThan(50_000);
  }

  /** Of 100,000 clients. */
  private long moved(Chooser chooser) {
    int clients = 100_000;
    int[] before = new int[clients];
    hundred(false);
    for (int key = 0; key < clients; key++) {
      before[key] = chooser.choose(ballot, key, random);
    }
    hundred(true);
    long moved = 0;
    for (int key = 0; key < clients; key++) {
      int now = chooser.choose(ballot, key, random);
      assertThat(now).isNotEqualTo(42);
      moved += now == before[key] ? 0 : 1;
    }
    return moved;
  }

  private void hundred(boolean without) {
    ballot.clear();
    for (int i = 0; i < 100; i++) {
      int weight = without && i == 42 ? 0 : 1;
      ballot.add(Hashes.of("target-" + i), weight, weight, 0);
    }
  }

  @Test
  void shouldShareTheTableOfMaglevWithinOnePercent() {
    hundred(false);
    Maglev maglev = new Maglev();
    maglev.build(ballot);
    int[] places = new int[100];
    for (int place = 0; place < Maglev.PLACES; place++) {
      places[maglev.owner(place)]++;
    }
    double average = Maglev.PLACES / 100.0;
    for (int each : places) {
      assertThat(each).isBetween((int) (average * 0.99), (int) Math.ceil(average * 1.01));
    }
  }

  @Test
  void shouldNameTheAlgorithmsThatThereAre() {
    assertThat(Algorithm.parse("two-choices")).isEqualTo(Algorithm.TWO_CHOICES);
    assertThatThrownBy(() -> Algorithm.parse("best"))
        .hasMessageContaining("\"best\" is none of: round-robin, weighted, least-connections");
  }
}
