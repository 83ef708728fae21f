using System.Diagnostics;

namespace KvStore.Specs.Robustness.Staging;

/// <summary>
/// Takes a stage away, when it is disposed or when this process is gone, in whatever way: its processes, namespaces and mount, and
/// its directory. It is a process of its own that waits for the end of its standard input, since nobody can clean up after his own
/// SIGKILL.
/// </summary>
internal sealed class StageGuard : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly Process _process;

    private StageGuard(Process process) => _process = process;

    /// <summary>A process that has this variable with the stage's directory in its environment is the stage's.</summary>
    public const string Mark = "KVSTORE_STAGE";

    /// <param name="directory">Of the stage alone.</param>
    /// <param name="namespaces">What the names of the stage's network namespaces begin with.</param>
    public static StageGuard Start(string directory, string namespaces) => new(Process.Start(new ProcessStartInfo(
        "/bin/sh",
        [
            "-c",
            """
            trap '' INT TERM HUP
            PATH="$PATH:/usr/sbin:/sbin"
            cat > /dev/null
            tries=0
            killed=
            while environments=$(grep -lzxF -- "KVSTORE_STAGE=$0" /proc/[0-9]*/environ 2> /dev/null)
                [ -n "$environments" ] && [ "$tries" -lt 200 ]; do
                for environment in $environments; do
                    pid=${environment#/proc/}
                    pid=${pid%/environ}
                    kill -9 "$pid" 2> /dev/null
                    killed="$killed $pid"
                done
                sleep 0.05
                tries=$((tries + 1))
            done
            for file in /var/run/netns/"$1"*; do
                if [ -e "$file" ]; then ip netns del "${file##*/}"; fi
            done
            if grep -qF " $0/disk " /proc/mounts; then umount "$0/disk" || umount -l "$0/disk"; fi
            # A process under libfaketime that was killed leaves these behind.
            for pid in $killed; do rm -f -- "/dev/shm/faketime_shm_$pid" "/dev/shm/sem.faketime_sem_$pid"; done
            for file in /dev/shm/faketime_shm_*; do
                pid=${file##*_}
                if [ -e "$file" ] && [ ! -e "/proc/$pid" ]; then rm -f -- "$file" "/dev/shm/sem.faketime_sem_$pid"; fi
            done
            rm -rf -- "$0"
            """,
            directory,
            namespaces,
        ])
    {
        RedirectStandardInput = true,
    })!);

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var patience = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(patience.Token);
        _process.Dispose();
    }
}
