# shellcheck shell=bash disable=SC2154 # root, python: environment.sh
# Sourced by scripts/run: adds the voice-cloning engine (requirements/f5.txt) where an NVIDIA GPU can run it. The
# light engine is there before, and stays when this cannot be done.

machine=${CHAT_ALOUD_MACHINE:-} # another machine's /etc and /proc, for tests
f5_requirements="$root/requirements/f5.txt"
f5_installed="$root/.venv/installed-f5.txt" # what has been installed
f5_declined="$root/.venv/without-f5"        # why it has not, said once

f5_disk_gigabytes=12 # 5 installed, and twice 3 while pip downloads, keeps and unpacks
f5_oldest_driver=580 # of CUDA 13, which PyPI's torch is built with
f5_oldest_gpu=75     # compute capability 7.5, the same

# Installs the engine if this machine and the settings of the command line "$@" call for it.
add_f5_where_it_belongs() {
    f5_is_there && return
    [[ ! -e $f5_declined ]] || return 0
    local gpu
    gpu=$(nvidia_gpu) || return 0
    "$python" -m bot.command_line.f5_wanted "$@" >/dev/null 2>&1 || return 0
    install_f5 "$gpu" || decline_f5
}

# Installs it on any machine, or stops with a sentence.
add_f5_as_told() {
    f5_is_there && return
    install_f5 "$(nvidia_gpu || printf 'No NVIDIA GPU found, it will be slow')" || stop "$f5_problem"
}

f5_is_there() {
    cmp -s "$f5_requirements" "$f5_installed" || return 1
    # The user's own torch may have gone since.
    [[ ! -e $(own_torch_path) || -d $(<"$(own_torch_path)")/torch ]]
}

decline_f5() {
    say "$f5_problem"
    say "The light engine goes on without it; scripts/run --with-f5 tries again."
    printf '%s\n' "$f5_problem" >"$f5_declined"
}

# Brings the packages; where it cannot, leaves the reason in $f5_problem.
install_f5() { # the machine's GPU, in words
    local gpu=$1 own list="$f5_requirements"
    f5_problem=""
    own=$(own_torch) || own=""
    if [[ -n $own ]]; then
        use_torch_of "$own" || return 1
        list="$root/.venv/f5-without-torch.txt"
        without_torch <"$f5_requirements" >"$list"
        say "$gpu: adding the voice-cloning engine to .venv; the torch in $own is kept."
    else
        f5_can_be_installed || return 1
        rm -f "$(own_torch_path)"
        say "$gpu: adding the voice-cloning engine to .venv (PyTorch with CUDA: a download of 3 GB, 5 GB installed)."
        say 'To do without: Ctrl-C, then BOT_ENGINE__NAME=espeak, or name = "espeak" below [engine] in config.toml.'
    fi
    add_compiler
    # Ctrl-C ends pip alone, which would look like a failure.
    trap 'say "Stopped. The light engine is there: BOT_ENGINE__NAME=espeak scripts/run"; exit 130' INT
    # pip unpacks on the disk that was looked at: /tmp is often memory.
    mkdir -p "$root/.venv/tmp"
    if ! TMPDIR="$root/.venv/tmp" pip_install "$list" >&2; then
        f5_problem="The voice-cloning engine could not be installed; is there a network, and room on the disk?"
    fi
    trap - INT
    rm -rf "$root/.venv/tmp"
    [[ -z $f5_problem ]] || return 1
    local found
    if ! found=$("$python" -c "$report_torch" 2>&1); then
        f5_problem="The voice-cloning engine is installed, but its torch cannot be used: ${found##*$'\n'}"
        ! is_jetson || f5_problem+=" (docs/jetson.md says what can be done)"
        return 1
    fi
    say "Installed: ${found##*$'\n'}"
    cp "$f5_requirements" "$f5_installed"
    rm -f "$f5_declined"
}

# torch.compile builds with the machine's C++ compiler and Python's headers.
add_compiler() {
    local packages=()
    command -v g++ >/dev/null || packages+=(g++)
    "$python" -c "$has_headers" || packages+=("python$("$python" -c "$python_version")-dev")
    # In a shell of its own, which system_packages may end.
    [[ ${#packages[@]} -eq 0 ]] || (system_packages "${packages[@]}") ||
        say "The voice-cloning engine works without ${packages[*]}, and is slower."
}

has_headers='import pathlib, sys, sysconfig; sys.exit(not pathlib.Path(sysconfig.get_path("include"), "Python.h").exists())'

# A torch that was not built for the GPU sees it, and fails at the first kernel: Jetsons have met that.
report_torch='
import sys
try:
    import torch
    name = "no CUDA device: the processor does the work"
    if torch.cuda.is_available():
        name = torch.cuda.get_device_name()
        torch.ones(2, device="cuda").sum().item()
except Exception as fault:
    sys.exit(str(fault).partition("\n")[0])
print(f"torch {torch.__version__} finds {name}")
'

# ---- The machine ----

# The GPU in words; fails where there is none.
nvidia_gpu() {
    if is_jetson; then
        2>/dev/null tr -d '\0' <"$machine/proc/device-tree/model" || printf 'NVIDIA Jetson'
        return 0
    fi
    local line
    line=$(nvidia_smi name) && [[ -n $line ]] && printf '%s' "$line"
}

nvidia_smi() { # field
    # It may hang on a GPU that has fallen off the bus; under WSL it is not on the path.
    PATH="$PATH:/usr/lib/wsl/lib" timeout 20 nvidia-smi --query-gpu="$1" --format=csv,noheader 2>/dev/null | head -n 1
}

is_jetson() {
    [[ -e $machine/etc/nv_tegra_release ]] || grep -qas Jetson "$machine/proc/device-tree/model"
}

# Jetson Linux's major release: 36 is JetPack 6, 38 and more JetPack 7. 0 where it is not told.
jetson_release() {
    local release
    release=$(sed -n 's/^# R\([0-9]*\).*/\1/p' "$machine/etc/nv_tegra_release" 2>/dev/null | head -n 1)
    printf '%s' "${release:-0}"
}

# Whether PyPI's torch can run here; where it cannot, the reason is in $f5_problem.
f5_can_be_installed() {
    local free driver capability
    if is_jetson && (($(jetson_release) < 38)); then
        f5_problem="JetPack 6 cannot run the PyTorch that is installed here otherwise: docs/jetson.md says what can be done."
        return 1
    fi
    if ! is_jetson && driver=$(nvidia_smi driver_version) && [[ ${driver%%.*} =~ ^[0-9]+$ ]]; then
        capability=$(nvidia_smi compute_cap)
        capability=${capability//./}
        if ((${driver%%.*} < f5_oldest_driver)); then
            f5_problem="NVIDIA's driver $driver is too old for the voice-cloning engine: it takes $f5_oldest_driver or newer."
            return 1
        elif [[ $capability =~ ^[0-9]+$ ]] && ((capability < f5_oldest_gpu)); then
            f5_problem="This GPU is older than CUDA 13 supports (compute capability 7.5): the voice-cloning engine cannot use it."
            return 1
        fi
    fi
    free=$(df -Pk "$root" | awk 'NR == 2 { print int($4 / 1048576) }')
    if ((free < f5_disk_gigabytes)); then
        f5_problem="The voice-cloning engine takes $f5_disk_gigabytes GB of free disk to install, and $root has $free."
        return 1
    fi
}

# ---- A torch that is there already ----

# The folder that holds a torch with CUDA of the user's own Python (an active environment, or the system's); fails
# where there is none. That torch may be the only one that runs on this machine: no install may stand in for it.
own_torch() {
    local base
    base=$(find_python 2>/dev/null) && "$base" -c "$find_torch" "$root/.venv" 2>/dev/null | grep '^/' | tail -n 1
}

find_torch='
import pathlib, sys, torch
torch.ones(2, device="cuda").sum().item()
folder = pathlib.Path(torch.__file__).resolve().parents[1]
if not folder.is_relative_to(pathlib.Path(sys.argv[1]).resolve()):
    print(folder)
'

# Lets .venv import what lies in the folder, after its own packages.
use_torch_of() { # folder
    local ours theirs
    ours=$("$python" -c "$python_version")
    theirs=$("$(find_python)" -c "$python_version")
    if [[ $ours != "$theirs" ]]; then
        f5_problem="The torch in $1 is for Python $theirs and .venv has $ours: remove .venv and run again."
        return 1
    fi
    printf '%s\n' "$1" >"$(own_torch_path)"
}

python_version='import sys; print("%d.%d" % sys.version_info[:2])'

own_torch_path() { printf '%s' "$root"/.venv/lib/python3*/site-packages; printf '/own-torch.pth'; }

# Requirements from standard input, less torch and what belongs to its build.
without_torch() {
    awk '/^[A-Za-z0-9]/ { keep = $0 !~ /^(torch|torchaudio|triton|nvidia-[a-z0-9-]+|cuda-[a-z-]+)==/ } keep'
}
