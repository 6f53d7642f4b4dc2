package dev.realtime.sse;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Faults 90 and 91: in every container a stream that ends, however it ends, leaves no connection behind, has nothing said in
 * the container's log, and does no harm to the next one.
 */
@Timeout(60)
class EndedStreamsTest {
    private static final Path OLDER_JETTY = Path.of("target", "older-jetty");

    @ParameterizedTest
    @ValueSource(strings = {"Tomcat", "Undertow", "Jetty"})
    void nothingIsLeftOfAStreamThatHasEnded(String container) {
        assertThat(new EndedStreams().apply(container)).isEmpty();
    }

    @Test
    void norInAnOlderJetty() throws Exception {
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        try (URLClassLoader application = new URLClassLoader(withOlderJetty(), ClassLoader.getPlatformClassLoader())) {
            Thread.currentThread().setContextClassLoader(application);
            assertThat(application
                            .loadClass("org.eclipse.jetty.server.Server")
                            .getMethod("getVersion")
                            .invoke(null))
                    .asString()
                    .startsWith("12.0.");
            Object streams = application
                    .loadClass(EndedStreams.class.getName())
                    .getConstructor()
                    .newInstance();
            assertThat(wrongIn(streams)).isEmpty();
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }

    @SuppressWarnings("unchecked")
    private static List<String> wrongIn(Object streams) {
        return ((Function<String, List<String>>) streams).apply("Jetty");
    }

    /** In place of the Jetty that the endpoint is built with. */
    private static URL[] withOlderJetty() {
        Stream<Path> others = Pattern.compile(File.pathSeparator, Pattern.LITERAL)
                .splitAsStream(System.getProperty("java.class.path"))
                .filter(entry -> !entry.replace(File.separatorChar, '/').contains("/org/eclipse/jetty/"))
                .map(Path::of);
        try (Stream<Path> older = Files.list(OLDER_JETTY)) {
            return Stream.concat(others, older.toList().stream())
                    .map(EndedStreamsTest::url)
                    .toArray(URL[]::new);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static URL url(Path entry) {
        try {
            return entry.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new AssertionError(entry.toString(), e);
        }
    }
}
