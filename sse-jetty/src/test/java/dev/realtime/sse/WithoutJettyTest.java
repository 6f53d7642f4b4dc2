package dev.realtime.sse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An application that has the endpoint and another container, and not one class of Jetty's. */
class WithoutJettyTest {
    private final ClassLoader before = Thread.currentThread().getContextClassLoader();
    private final URLClassLoader application =
            new URLClassLoader(classPathWithoutJetty(), ClassLoader.getPlatformClassLoader());

    @AfterEach
    void restore() throws Exception {
        Thread.currentThread().setContextClassLoader(before);
        application.close();
    }

    @Test
    void theEndpointServesAStreamAndRefusesInProblems() throws Exception {
        assertThatThrownBy(() -> application.loadClass("org.eclipse.jetty.ee10.servlet.ServletApiRequest"))
                .isInstanceOf(ClassNotFoundException.class);
        assertThatThrownBy(() -> application.loadClass("org.eclipse.jetty.http.HttpStatus"))
                .isInstanceOf(ClassNotFoundException.class);
        Thread.currentThread().setContextClassLoader(application);
        Class<?> visit = application.loadClass(Visit.class.getName());
        assertThat(visit.getClassLoader()).isSameAs(application);
        assertThat(((Callable<?>) visit.getConstructor().newInstance()).call())
                .asString()
                .contains("\"event\":\"heard\"", "HTTP/1.1 406");
    }

    /** What is done in the application. Needs no JUnit. */
    public static final class Visit implements Callable<String> {
        public Visit() {}

        @Override
        public String call() {
            try (TomcatEndpoint tomcat = TomcatEndpoint.start(EndpointOptions.DEFAULTS.withDirectWrites())) {
                var stream = tomcat.stream("");
                stream.awaitLive();
                tomcat.publish("heard");
                return stream.next().data()
                        + tomcat.stream("", "Accept", "text/html").statusLine();
            }
        }
    }

    private static URL[] classPathWithoutJetty() {
        return Pattern.compile(File.pathSeparator, Pattern.LITERAL)
                .splitAsStream(System.getProperty("java.class.path"))
                .filter(entry -> !entry.replace(File.separatorChar, '/').contains("/org/eclipse/jetty/"))
                .map(WithoutJettyTest::url)
                .toArray(URL[]::new);
    }

    private static URL url(String entry) {
        try {
            return Path.of(entry).toUri().toURL();
        } catch (java.net.MalformedURLException e) {
            throw new AssertionError(entry, e);
        }
    }
}
