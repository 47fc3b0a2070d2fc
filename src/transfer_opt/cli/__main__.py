"""python -m transfer_opt.cli"""

from transfer_opt.cli import main

main()
