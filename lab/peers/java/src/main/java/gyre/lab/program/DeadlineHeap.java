package gyre.lab.program;

/** A binary heap of deadlines, one for each number, which knows where each of them is. */
final class DeadlineHeap {
  private static final long NANOS_PER_MILLI = 1_000_000;

  private final long[] deadlines;
  private final int[] heap;
  private final int[] places;
  private int size;

  DeadlineHeap(int count) {
    deadlines = new long[count];
    heap = new int[count];
    places = new int[count];
    java.util.Arrays.fill(places, -1);
  }

  /** Starts the deadline of {@code number}, or moves it. */
  void set(int number, long deadline) {
    if (places[number] < 0) {
      put(size++, number);
    }
    deadlines[number] = deadline;
    down(up(places[number]));
  }

  boolean isDue(long now) {
    return size > 0 && deadlines[heap[0]] - now <= 0;
  }

  long millisAfter(long now) {
    return size == 0 ? 0 : Math.max(1, (deadlines[heap[0]] - now) / NANOS_PER_MILLI);
  }

  private int up(int from) {
    int place = from;
    int number = heap[place];
    while (place > 0 && deadlines[heap[(place - 1) / 2]] - deadlines[number] > 0) {
      put(place, heap[(place - 1) / 2]);
      place = (place - 1) / 2;
    }
    put(place, number);
    return place;
  }

  private void down(int from) {
    int place = from;
    int number = heap[place];
    for (int child = earlier(place); child >= 0; child = earlier(place)) {
      if (deadlines[heap[child]] - deadlines[number] >= 0) {
        break;
      }
      put(place, heap[child]);
      place = child;
    }
    put(place, number);
  }

  private int earlier(int place) {
    int left = 2 * place + 1;
    int right = left + 1;
    if (left >= size) {
      return -1;
    }
    boolean takesRight = right < size && deadlines[heap[right]] - deadlines[heap[left]] < 0;
    return takesRight ? right : left;
  }

  private void put(int place, int number) {
    heap[place] = number;
    places[number] = place;
  }
}
