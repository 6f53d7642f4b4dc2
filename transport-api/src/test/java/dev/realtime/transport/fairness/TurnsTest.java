package dev.realtime.transport.fairness;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TurnsTest {
    private record Item(int number, Set<String> owners, long work) {}

    private final Turns<Item> turns = new Turns<>();
    private int last;

    @Test
    void whoHasLittleDoesNotWaitForWhoHasMuch() {
        for (int i = 0; i < 1_000; i++) {
            add(10, "greedy");
        }
        Item small = add(10, "small");

        List<Item> firstTwo = List.of(turns.remove(), turns.remove());

        assertThat(firstTwo).contains(small);
    }

    @Test
    void turnsAreMeasuredByTheWorkAndNotByTheNumber() {
        for (int i = 0; i < 10; i++) {
            add(1_000, "large");
        }
        List<Item> small = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            small.add(add(10, "small"));
        }

        List<Item> served = new ArrayList<>();
        while (!served.containsAll(small)) {
            served.add(turns.remove());
        }

        assertThat(served.stream().filter(item -> item.owners().contains("large")))
                .hasSizeBetween(5, 6);
    }

    @Test
    void whoComesAnewIsNotOwedTheTimeInWhichItHadNothing() {
        for (int i = 0; i < 100; i++) {
            add(10, "always");
        }
        for (int i = 0; i < 50; i++) {
            turns.remove();
        }
        for (int i = 0; i < 50; i++) {
            add(10, "new");
        }

        List<String> next = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            next.addAll(turns.remove().owners());
        }

        assertThat(next).filteredOn("always"::equals).hasSize(10);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void eachOwnersItemsKeepTheirOrderAndAllCome(long seed) {
        Random random = new Random(seed);
        List<String> names = List.of("a", "b", "c", "d");
        Map<String, Integer> reached = new HashMap<>();
        int removed = 0;
        for (int i = 0; i < 2_000; i++) {
            if (random.nextInt(3) > 0) {
                String[] owners =
                        names.stream().filter(name -> random.nextInt(4) == 0).toArray(String[]::new);
                add(1 + random.nextInt(50), owners.length == 0 ? new String[] {"e"} : owners);
            } else if (!turns.isEmpty()) {
                removed += inOrder(turns.remove(), reached);
            }
        }
        while (turns.next() != null) {
            removed += inOrder(turns.remove(), reached);
        }

        assertThat(turns.isEmpty()).isTrue();
        assertThat(removed).isEqualTo(last);
    }

    @Test
    void allThatIsLeftComesInTheOrderInWhichItWasAdded() {
        List<Item> all = List.of(add(1, "a"), add(1, "b", "a"), add(9, "a"), add(1, "b"));

        assertThat(turns.removeAll()).isEqualTo(all);
        assertThat(turns.next()).isNull();
        assertThat(turns.isEmpty()).isTrue();
    }

    private static int inOrder(Item item, Map<String, Integer> reached) {
        for (String owner : item.owners()) {
            assertThat(item.number()).isGreaterThan(reached.getOrDefault(owner, 0));
            reached.put(owner, item.number());
        }
        return 1;
    }

    private Item add(long work, String... owners) {
        Item item = new Item(++last, Set.of(owners), work);
        turns.add(item, item.owners(), work);
        return item;
    }
}
