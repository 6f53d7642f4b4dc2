package dev.realtime.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 5, unit = TimeUnit.MINUTES)
class DemoPostgresTest {

    @Test
    void runsAsNobodyWhereRootMayNotLeaveItsNamespace() throws Exception {
        DemoFolder folder = DemoFolder.create();
        assumeThat(PostgresUser.forOwnerOf(folder.path())).as("root only").isNotEqualTo(PostgresUser.OURSELVES);
        assumeThat(PostgresUser.NOBODY.works()).as("setpriv").isTrue();
        try (DemoPostgres postgres = DemoPostgres.prepare(folder, PostgresUser.NOBODY)) {
            postgres.start(silent());
            assertThat(ask(postgres, "show fsync")).isEqualTo("on");
            assertThat(Files.getAttribute(folder.data(), "unix:uid")).isEqualTo(65_534);
        }
        assertThat(folder.path()).doesNotExist();
    }

    @Test
    void clearsWhatAKilledDemoLeft() throws Exception {
        Process gone = new ProcessBuilder("true").start();
        assertThat(gone.waitFor()).isZero();
        Process other = new ProcessBuilder("cat").start();
        Path leftover = leftBy(gone);
        Path used = leftBy(other);
        try {
            DemoFolder own = DemoFolder.create();
            DemoFolder.clearLeftovers(own);
            assertThat(leftover).doesNotExist();
            assertThat(used).exists();
            assertThat(own.path()).exists();
            own.clear();
            assertThat(own.path()).doesNotExist();
        } finally {
            other.destroy();
            new DemoFolder(used).clear();
        }
    }

    @Test
    void endsAServerWhoseGuardianWasKilled() throws Exception {
        DemoFolder folder = DemoFolder.create();
        DemoPostgres postgres = DemoPostgres.prepare(folder, PostgresUser.forOwnerOf(folder.path()));
        postgres.start(silent());
        long server = Long.parseLong(
                Files.readAllLines(folder.data().resolve("postmaster.pid")).get(0));
        assertThat(ProcessHandle.of(server).filter(DemoChild::runs)).isPresent();
        ProcessHandle.current()
                .descendants()
                .filter(process -> process.info().commandLine().orElse("").contains("guardian " + folder.path()))
                .forEach(ProcessHandle::destroyForcibly);
        postgres.close();
        assertThat(ProcessHandle.of(server).filter(DemoChild::runs)).isEmpty();
        assertThat(folder.path()).doesNotExist();
    }

    private static Path leftBy(Process process) throws Exception {
        Path folder = Path.of(System.getProperty("java.io.tmpdir"), "realtime-demo-" + process.pid() + "-1");
        Files.createDirectories(folder.resolve("data"));
        Files.writeString(folder.resolve("data").resolve("postmaster.pid"), "not a number\n");
        return folder;
    }

    private static Progress silent() {
        return new Progress(new PrintStream(OutputStream.nullOutputStream()));
    }

    private static String ask(DemoPostgres postgres, String question) throws Exception {
        URI url = URI.create(postgres.url());
        String[] user = url.getUserInfo().split(":");
        try (Connection connection = DriverManager.getConnection(
                        "jdbc:postgresql://" + url.getHost() + ":" + url.getPort() + url.getPath(), user[0], user[1]);
                Statement statement = connection.createStatement();
                ResultSet answer = statement.executeQuery(question)) {
            answer.next();
            return answer.getString(1);
        }
    }
}
