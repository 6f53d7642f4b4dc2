package dev.realtime.transport.testkit;

import static dev.realtime.transport.testkit.Instance.entries;
import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.event.Envelope;
import dev.realtime.transport.event.FieldRules;
import dev.realtime.transport.event.JsonPayload;
import dev.realtime.transport.event.Position;
import dev.realtime.transport.spi.LogEntry;
import dev.realtime.transport.spi.LogPage;
import dev.realtime.transport.spi.PubSubAdapter;
import dev.realtime.transport.testkit.RecordingSink.Call;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** O: what organisations see of each other, which is nothing. */
public abstract class OrganisationRules extends ContractRules<Backend> {
    protected OrganisationRules(Supplier<? extends Backend> backends) {
        super(backends);
    }

    @Test
    @DisplayName("O1 a read gives the organisation's events only, the operators' reserved one not excepted")
    void readGivesOneOrganisation() {
        List<String> orgIds = List.of(ACME, GLOBEX, FieldRules.OPERATORS);
        Instance instance = instanceHearing(ACME, GLOBEX, FieldRules.OPERATORS);
        List<Position> before =
                orgIds.stream().map(orgId -> instance.range(orgId).head()).toList();
        List<Envelope> published = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            published.add(Envelopes.of(orgIds.get(i % 3)));
            instance.publish(published.get(i));
        }

        for (int i = 0; i < 3; i++) {
            String orgId = orgIds.get(i);
            assertThat(envelopes(instance.readAll(orgId, before.get(i))))
                    .isEqualTo(published.stream()
                            .filter(event -> event.orgId().equals(orgId))
                            .toList());
        }
    }

    @Test
    @DisplayName("O2 one id in two organisations is two events, each with its own body")
    void idsAreTheOrganisationsOwn() {
        Instance instance = instanceHearing(ACME, GLOBEX);
        Envelope acmes = Envelopes.withId(ACME, "order-1");
        Envelope globexs = Envelopes.withPayload(Envelopes.withId(GLOBEX, "order-1"), JsonPayload.EMPTY);

        instance.publish(acmes);
        instance.publish(globexs);

        assertThat(instance.heard(ACME)).extracting(LogEntry::envelope).containsExactly(acmes);
        assertThat(instance.heard(GLOBEX)).extracting(LogEntry::envelope).containsExactly(globexs);
    }

    @Test
    @DisplayName("O3 a busy neighbour fills no page of an organisation and makes no gap in it")
    void neighbourDoesNotDisturb() {
        Instance instance = instanceHearing(ACME, GLOBEX);
        Position before = instance.range(ACME).head();
        List<Envelope> own = Envelopes.several(ACME, 3);
        for (Envelope event : own) {
            instance.publish(Envelopes.several(GLOBEX, 50));
            instance.publish(event);
        }
        instance.publish(Envelopes.several(GLOBEX, 50));

        LogPage.Entries page = entries(instance.adapter().read(ACME, before, 3));

        assertThat(envelopes(page.entries())).isEqualTo(own);
        assertThat(page.through()).isEqualTo(instance.range(ACME).head());
        assertThat(instance.read(ACME, page.through())).isEqualTo(new LogPage.Entries(List.of(), page.through()));
    }

    @Test
    @DisplayName("O4 a group over several organisations gets its positions in the events' order")
    void groupOverOrganisations() {
        Instance instance = instanceHearing(ACME, GLOBEX);
        Position acme = instance.range(ACME).head();
        Position globex = instance.range(GLOBEX).head();
        List<Envelope> group =
                List.of(Envelopes.of(ACME), Envelopes.of(GLOBEX), Envelopes.of(GLOBEX), Envelopes.of(ACME));

        List<Position> answered = instance.publish(group);

        assertThat(positions(instance.readAll(ACME, acme))).containsExactly(answered.get(0), answered.get(3));
        assertThat(positions(instance.readAll(GLOBEX, globex))).containsExactly(answered.get(1), answered.get(2));
    }

    @Test
    @DisplayName("O5 an organisation's events are delivered under its log's name, which all instances agree on")
    void deliveredUnderTheOrganisationsLog() {
        PubSubAdapter first = instanceHearing(ACME, GLOBEX).adapter();
        Instance second = instanceHearing(ACME, GLOBEX);
        second.publish(List.of(Envelopes.of(ACME), Envelopes.of(GLOBEX)));
        second.heard(ACME);
        second.heard(GLOBEX);

        assertThat(second.sink().calls(Call.Delivered.class))
                .isNotEmpty()
                .allSatisfy(delivered -> assertThat(delivered.entries())
                        .extracting(entry -> first.logOf(entry.envelope().orgId()))
                        .containsOnly(delivered.log()));
    }

    @Test
    @DisplayName("O6 an organisation nobody ever published to is read and ranged as any other")
    void unknownOrganisationIsEmpty() {
        Instance instance = instance();
        instance.publish(Envelopes.several(ACME, 3));

        Position head = instance.range("nobody").head();

        assertThat(instance.read("nobody", head)).isEqualTo(new LogPage.Entries(List.of(), head));
    }
}
