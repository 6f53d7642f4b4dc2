package dev.realtime.transport.redis.internal.connect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.transport.redis.internal.connect.Refusal.About;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What servers answer, in the words of several versions. */
class RefusalTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "OOM command not allowed when used memory > 'maxmemory'. script: 1f, on @user_script:119.|WRITES|OOM|true",
                "ERR Error running script (call to f_1f): @user_script:119: -OOM command not allowed.|WRITES|OOM|true",
                "NOREPLICAS Not enough good replicas to write.|WRITES|NOREPLICAS|true",
                "MISCONF Redis is configured to save RDB snapshots, but it's unable to persist.|WRITES|MISCONF|true",
                "MISCONF Errors writing to the AOF file: No space left on device|WRITES|MISCONF|true",
                "NOPERM this user has no permissions to run the 'evalsha' command|WRITES|NOPERM|true",
                "ERR Error running script: The user executing the script can't run this command|WRITES|NOPERM|true",
                "READONLY You can't write against a read only replica.|WRITES|READONLY|false",
                "LOADING Redis is loading the dataset in memory|WRITES|LOADING|false",
                "BUSY Redis is busy running a script.|WRITES|BUSY|false",
                "CLUSTERDOWN The cluster is down|WRITES|CLUSTERDOWN|false",
                "CLUSTERDOWN Hash slot not served|SLOT|CLUSTERDOWN|true",
                "TRYAGAIN Multiple keys request during rehashing of slot|SLOT|TRYAGAIN|true",
                "ERR unknown command 'EVALSHA', with args beginning with: |WRITES|ERR|false",
                "ERR Unknown Redis command called from script script: 1f, on @user_script:95.|WRITES|ERR|false",
                "WRONGTYPE Operation against a key holding the wrong kind of value|LOG|WRONGTYPE|true",
                "ERR user_script:52: attempt to compare nil with number script: 1f|LOG|ERR|true",
                "ERR Error running script: @user_script:25: bad argument #2 to 'format'|LOG|ERR|true",
                "ERR The ID specified in XADD is equal or smaller than the target stream top item|LOG|ERR|true",
                "MOVED 3999 127.0.0.1:6381|LOG|MOVED|true",
                "ASK 3999 127.0.0.1:6381|LOG|ASK|true",
                "CROSSSLOT Keys in request don't hash to the same slot|LOG|CROSSSLOT|true",
                "ERR Protocol error: invalid bulk length|PUBLICATION|ERR|true",
                "ERR string exceeds maximum allowed size (proto-max-bulk-len)|PUBLICATION|ERR|true",
                "ERR something that nobody has said before|PUBLICATION|ERR|true",
            })
    void whatAnAnswerIsAbout(String said, About about, String code, boolean leavesOthersReadable) {
        Refusal refusal = Refusal.of(said);

        assertThat(refusal.about()).isEqualTo(about);
        assertThat(refusal.code()).isEqualTo(code);
        assertThat(refusal.leavesOthersReadable()).isEqualTo(leavesOthersReadable);
    }
}
